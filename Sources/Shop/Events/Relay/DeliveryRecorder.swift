import EventLoop
import FoundationEssentials
import Logging
import PostgresClient

/// Records the outcomes of attempts. Attempts that end while a transaction runs share the next one. Confined to its loop.
///
/// While the database cannot be reached, outcomes wait here. If they are lost with the process, the deliveries are repeated.
final class DeliveryRecorder {
    /// How many outcomes one statement records.
    private static let batch = 500
    /// Beyond this, targets begin no attempts.
    private static let capacity = 2_000

    private let loop: EventLoop
    private let pool: PostgresPool
    private let logger: Logger
    private var waiting: [RecordedAttempt] = []
    /// Those of the transaction that is under way.
    private var recording: [RecordedAttempt] = []
    private var statements: [PostgresQuery] = []
    private var isRunning = false
    private var failures = 0
    private var idle: [Promise<Void>] = []
    /// Called when outcomes were recorded: events that waited for them may be claimed.
    var recorded: (Set<UUID>) -> Void = { _ in }

    init(loop: EventLoop, pool: PostgresPool, logger: Logger) {
        self.loop = loop
        self.pool = pool
        self.logger = logger
    }

    /// Whether so many outcomes wait that no more attempts should begin.
    var isFull: Bool { waiting.count >= Self.capacity }

    /// The deliveries of a target whose outcomes are not recorded yet.
    func positions(of target: UUID) -> [Int64] {
        (recording + waiting).filter { $0.target == target }.map(\.position)
    }

    func add(_ attempts: [RecordedAttempt]) {
        waiting += attempts
        start()
    }

    /// Runs a statement with the next outcomes, or alone.
    func add(_ statement: PostgresQuery) {
        statements.append(statement)
        start()
    }

    /// Returns once all outcomes are recorded.
    func finish() async {
        guard isRunning else { return }
        let promise = Promise<Void>(on: loop)
        idle.append(promise)
        try? await promise.value()
    }

    private func start() {
        guard !isRunning else { return }
        isRunning = true
        // At the end of the turn, so that the attempts which end in this turn are one statement.
        loop.atTurnEnd { [self] in loop.run { [self] in await run() } }
    }

    private func run() async {
        while !waiting.isEmpty || !statements.isEmpty {
            let some = Array(waiting.prefix(Self.batch))
            let others = statements
            waiting.removeFirst(some.count)
            statements = []
            recording = some
            do {
                try await pool.batch(RelayStatements.record(some, others: others))
                failures = 0
                recording = []
                recorded(Set(some.map(\.target)))
            } catch {
                recording = []
                // A text that the database cannot hold must not stop the others for ever.
                let isRefused = (error as? PostgresError)?.code == .invalidParameter
                waiting = (isRefused ? some.map(\.withoutTexts) : some) + waiting
                statements = others + statements
                failures += 1
                if failures.nonzeroBitCount == 1 {
                    logger.warning(
                        "the outcomes of deliveries cannot be recorded",
                        metadata: ["waiting": .stringConvertible(waiting.count), "error": "\(error)"])
                }
                if (error as? PostgresError)?.code == .closed { break }
                try? await loop.sleep(for: .milliseconds(min(2_000, 50 << min(failures, 6))))
            }
        }
        isRunning = false
        for promise in idle { promise.succeed(()) }
        idle = []
    }
}
