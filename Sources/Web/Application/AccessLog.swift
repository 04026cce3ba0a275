import CSystem
import Formats
import HTTPServer
import Logging
import Observability

/// One line for each answer.
struct AccessLog {
    let logger: Logger

    /// - Parameter isQuiet: at debug level.
    func write(_ response: Response, to context: RequestContext, isQuiet: Bool) {
        // The record is made only where the level is on: the arguments are autoclosures.
        logger.log(level: isQuiet ? .debug : .info, "request", metadata: record(response, context).metadata)
    }

    func write(_ response: Response, to refusal: Refusal, requestID: String) {
        logger.info("request refused", metadata: record(response, refusal, requestID: requestID))
    }

    private func record(_ response: Response, _ context: RequestContext) -> AccessRecord {
        AccessRecord(
            time: .now,
            requestID: context.requestID,
            traceID: context.traceID,
            method: context.request.method.rawValue,
            route: context.route,
            path: Array(context.request.path),
            status: response.status.code,
            duration: elapsed(since: context.request.received),
            bytes: response.body.count,
            clientIP: context.clientAddress,
            userID: context.userID?.text)
    }

    /// What was refused may have had neither method nor path.
    private func record(_ response: Response, _ refusal: Refusal, requestID: String) -> Logger.Metadata {
        let record = AccessRecord(
            time: .now, requestID: requestID, method: "", route: nil, path: [], status: response.status.code,
            duration: elapsed(since: refusal.received), bytes: response.body.count, clientIP: refusal.peer)
        return record.metadata.merging(["reason": .string(refusal.reason)]) { $1 }
    }

    private func elapsed(since start: UInt64) -> Int64 {
        let now = csystem_monotonic()
        return Int64(clamping: now > start ? now - start : 0)
    }
}
