import EventLoop
import Formats
import HTTPServer
import Logging
import Observability

/// Writes one line for each response. Confined to its loop.
final class AccessLog {
    private let logger: Logger
    /// Writes lines in batches; nil where only the logger can write them.
    private let buffer: AccessLogBuffer?

    init(logger: Logger) {
        self.logger = logger
        buffer = AccessLogBuffer(of: logger)
    }

    /// - Parameters:
    ///   - duration: from the request to the response, in nanoseconds
    ///   - isQuiet: whether the line is at debug level
    func write(_ response: borrowing Response, to context: RequestContext, duration: Int64, isQuiet: Bool) {
        let level: Logger.Level = isQuiet ? .debug : .info
        guard logger.logLevel <= level else { return }
        let record = record(context, response.status.code, response.body.count, duration)
        guard let buffer else { return logger.log(level: level, "request", metadata: record.metadata) }
        guard buffer.append(record, level, "request") else { return }
        context.loop.atTurnEnd { buffer.flush() }
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

    /// A rejected request may have neither method nor path.
    private func record(
        _ response: Response, _ refusal: RejectedRequest, requestID: String, _ duration: Int64
    ) -> Logger.Metadata {
        let record = AccessRecord(
            time: .now, requestID: requestID, method: "", route: nil, path: [], status: response.status.code,
            duration: duration, bytes: response.body.count, clientIP: refusal.peer)
        return record.metadata.merging(["reason": .string(refusal.reason)]) { $1 }
    }
}

/// Which responses to overload get a line in the access log. Confined to its loop.
///
/// A line costs as much as the refusal itself, and ten thousand equal lines are of no use. So only the first ones of a second are
/// written, and the number of the others.
final class OverloadLog {
    private static let most = 100

    private let logger: Logger
    private var written = 0
    private var unwritten = 0

    init(logger: Logger) { self.logger = logger }

    /// Whether the next response gets a line.
    func takes(on loop: EventLoop) -> Bool {
        if written + unwritten == 0 { loop.schedule(after: .seconds(1)) { [weak self] in self?.endSecond() } }
        guard written < Self.most else {
            unwritten += 1
            return false
        }
        written += 1
        return true
    }

    private func endSecond() {
        let total = written + unwritten
        logger.warning("overloaded", metadata: ["shed": .stringConvertible(total), "unlogged": .stringConvertible(unwritten)])
        (written, unwritten) = (0, 0)
    }
}

/// Which 4xx responses get a line in the access log: a number of them for each client in ten seconds. For the others the number by
/// client is logged. Confined to its loop.
///
/// Each client has its own count: a client that floods must not suppress the lines of others.
final class ClientErrorLog {
    /// How many clients have a count of their own; all others share one.
    private static let mostClients = 4_096
    /// How many clients have their counts logged.
    private static let mostLines = 100
    private static let window = Duration.seconds(10)

    private let logger: Logger
    private let most: Int
    private var counts: [String: Int] = [:]
    private var isTimed = false

    /// - Parameter most: lines for one client in a window
    init(logger: Logger, most: Int) {
        self.logger = logger
        self.most = max(0, most)
    }

    /// Whether the next response to this client gets a line.
    func takes(_ client: String, on loop: EventLoop) -> Bool {
        if !isTimed {
            isTimed = true
            loop.schedule(after: Self.window) { [weak self] in self?.endWindow() }
        }
        let key = counts.count < Self.mostClients || counts[client] != nil ? client : Self.others
        let count = counts[key, default: 0] &+ 1
        counts[key] = count
        return count <= most
    }

    private static let others = "others"

    /// Logs the counts of responses without a line, on the loop, at the end of each window.
    func endWindow() {
        isTimed = false
        let unwritten = counts.filter { $0.value > most }.map { (client: $0.key, count: $0.value - most) }
        counts = [:]
        let sorted = unwritten.sorted { ($0.count, $1.client) > ($1.count, $0.client) }
        for one in sorted.prefix(Self.mostLines) { write(one.client, one.count) }
        let rest = sorted.dropFirst(Self.mostLines)
        if !rest.isEmpty { write("\(rest.count) more clients", rest.reduce(0) { $0 &+ $1.count }) }
    }

    private func write(_ client: String, _ count: Int) {
        logger.warning(
            "client errors without a line", metadata: ["client": .string(client), "unlogged": .stringConvertible(count)])
    }
}
