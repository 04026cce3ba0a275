import EventLoop
import Formats
import HTTPServer
import Logging
import Observability

/// One line for each answer. Confined to its loop.
final class AccessLog {
    private let logger: Logger
    /// What writes the lines by itself; nil where only the logger can.
    private let lines: AccessLines?

    init(logger: Logger) {
        self.logger = logger
        lines = AccessLines(of: logger)
    }

    /// - Parameters:
    ///   - duration: how long it took, in nanoseconds.
    ///   - isQuiet: at debug level.
    func write(_ response: borrowing Response, to context: RequestContext, duration: Int64, isQuiet: Bool) {
        let level: Logger.Level = isQuiet ? .debug : .info
        guard logger.logLevel <= level else { return }
        let record = record(context, response.status.code, response.body.count, duration)
        guard let lines else { return logger.log(level: level, "request", metadata: record.metadata) }
        guard lines.append(record, level, "request") else { return }
        context.loop.atTurnEnd { lines.flush() }
    }

    func write(_ response: Response, to refusal: RejectedRequest, requestID: String, duration: Int64) {
        logger.info("request refused", metadata: record(response, refusal, requestID: requestID, duration))
    }

    private func record(_ context: RequestContext, _ status: Int, _ bytes: Int, _ duration: Int64) -> AccessRecord {
        AccessRecord(
            time: .now,
            requestID: context.requestID,
            traceID: context.traceID,
            method: context.request.method.rawValue,
            route: context.route,
            path: context.request.path,
            status: status,
            duration: duration,
            bytes: bytes,
            clientIP: context.clientAddress,
            userID: context.userID?.text)
    }

    /// What was refused may have had neither method nor path.
    private func record(
        _ response: Response, _ refusal: RejectedRequest, requestID: String, _ duration: Int64
    ) -> Logger.Metadata {
        let record = AccessRecord(
            time: .now, requestID: requestID, method: "", route: nil, path: [], status: response.status.code,
            duration: duration, bytes: response.body.count, clientIP: refusal.peer)
        return record.metadata.merging(["reason": .string(refusal.reason)]) { $1 }
    }
}
