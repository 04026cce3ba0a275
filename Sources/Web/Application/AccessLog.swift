import Formats
import HTTPServer
import Logging
import Observability

/// One line for each answer.
struct AccessLog {
    let logger: Logger

    /// - Parameters:
    ///   - duration: how long it took, in nanoseconds.
    ///   - isQuiet: at debug level.
    func write(_ response: Response, to context: RequestContext, duration: Int64, isQuiet: Bool) {
        // The record is made only where the level is on: the arguments are autoclosures.
        logger.log(level: isQuiet ? .debug : .info, "request", metadata: record(response, context, duration).metadata)
    }

    func write(_ response: Response, to refusal: Refusal, requestID: String, duration: Int64) {
        logger.info("request refused", metadata: record(response, refusal, requestID: requestID, duration))
    }

    private func record(_ response: Response, _ context: RequestContext, _ duration: Int64) -> AccessRecord {
        AccessRecord(
            time: .now,
            requestID: context.requestID,
            traceID: context.traceID,
            method: context.request.method.rawValue,
            route: context.route,
            path: Array(context.request.path),
            status: response.status.code,
            duration: duration,
            bytes: response.body.count,
            clientIP: context.clientAddress,
            userID: context.userID?.text)
    }

    /// What was refused may have had neither method nor path.
    private func record(
        _ response: Response, _ refusal: Refusal, requestID: String, _ duration: Int64
    ) -> Logger.Metadata {
        let record = AccessRecord(
            time: .now, requestID: requestID, method: "", route: nil, path: [], status: response.status.code,
            duration: duration, bytes: response.body.count, clientIP: refusal.peer)
        return record.metadata.merging(["reason": .string(refusal.reason)]) { $1 }
    }
}
