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
