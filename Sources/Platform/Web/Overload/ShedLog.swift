import EventLoop
import Logging

/// Which of those that are not taken on get an access line. Confined to its loop.
///
/// A line costs as much as the refusal itself, and ten thousand that say the same help nobody. So the first of a second are
/// written, and of the rest their number.
final class ShedLog {
    private static let most = 100

    private let logger: Logger
    private var written = 0
    private var unwritten = 0

    init(logger: Logger) { self.logger = logger }

    /// Whether the next gets its line.
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

/// Which answers of 4xx get an access line: so many of one client in ten seconds, and of the rest their number by client, so that
/// nothing is lost unseen. Confined to its loop.
///
/// Like sheds, but by client: one that floods must not keep the others' lines from being written.
final class ClientErrorLog {
    /// Clients that are told apart; those beyond share one number.
    private static let mostClients = 4_096
    /// Clients whose numbers get a line of their own.
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

    /// Whether this one gets its line.
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

    /// Writes what had no line. On the loop; by itself at the end of each window.
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
