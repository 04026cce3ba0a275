import EventLoop
import Logging

/// Receives PostgreSQL's notifications (LISTEN) on a connection of its own, and reconnects until it succeeds.
///
/// Notifications that are sent while it does not listen are lost; ``Event/listening`` marks the end of each such gap.
/// Confined to its loop; every method asserts it.
// Unchecked: confined to its loop, as above; what Dispatch brings is handed to the loop.
package final class PostgresListener: @unchecked Sendable {
    package enum Event: Equatable, Sendable {
        /// From now on every notification arrives; earlier ones may have been missed.
        case listening
        case notification(channel: String, payload: String)
        /// No notification arrives until the next ``listening``.
        case lost
    }

    private let loop: EventLoop
    private let channels: [String]
    private let logger: Logger
    private let receive: (Event) -> Void
    private let heartbeat: Duration
    private let opener: ConnectionOpener
    private var connection: PostgresConnection?
    private var timer: LoopTimer?
    private var failures = 0
    private var opened = 0
    private var isRunning = false
    private var refusal: PostgresError?

    /// - Parameters:
    ///   - heartbeat: how often the connection is pinged; it is closed when there is no answer until the next ping
    ///   - receive: called on the loop
    package init(
        loop: EventLoop, configuration: PostgresConfiguration, channels: [String], heartbeat: Duration = .seconds(10),
        logger: Logger, receive: @escaping (Event) -> Void
    ) {
        self.loop = loop
        self.channels = channels
        self.heartbeat = heartbeat
        self.logger = logger
        self.receive = receive
        opener = ConnectionOpener(loop: loop, configuration: configuration, limits: false)
    }

    /// Connects in the background. On the loop.
    package func start() {
        loop.assertInLoop()
        guard !isRunning else { return }
        isRunning = true
        connect()
    }

    /// Stops listening. On the loop.
    package func close() {
        loop.assertInLoop()
        isRunning = false
        timer?.cancel()
        connection?.close()
        connection = nil
    }

    private func connect() {
        guard isRunning else { return }
        opener.open { [self] in connected($0) }
    }

    private func connected(_ result: Result<PostgresHandle, PostgresError>) {
        do throws(PostgresError) {
            opened += 1
            let connection = try PostgresConnection(id: opened, handle: result.get(), loop: loop)
            guard isRunning else { return connection.close() }
            connection.owner = self
            connection.onNotification = { [weak self] channel, payload in
                self?.receive(.notification(channel: channel, payload: payload))
            }
            self.connection = connection
            refusal = nil
            for (index, channel) in channels.enumerated() {
                let quoted = channel.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
                connection.sendCommand("LISTEN \"\(quoted)\"", index: index, for: self)
            }
            connection.sync(for: self)
            scheduleHeartbeat()
        } catch {
            failed(error)
        }
    }

    private func failed(_ error: PostgresError) {
        guard isRunning else { return }
        failures += 1
        if failures.nonzeroBitCount == 1 {
            logger.warning("postgres: not listening", metadata: ["attempts": .stringConvertible(failures), "error": "\(error)"])
        }
        let wait = Backoff().wait(after: failures, random: Double.random(in: 0..<1))
        timer?.cancel()
        timer = loop.schedule(after: .nanoseconds(Int64(clamping: wait))) { [weak self] in self?.connect() }
    }

    /// Pings the server regularly. TCP alone would not notice a frozen server, and a lost route only after a long time.
    private func scheduleHeartbeat() {
        timer?.cancel()
        timer = loop.schedule(after: heartbeat) { [weak self] in
            guard let self, let connection else { return }
            if connection.outstanding > 0 {
                connection.fail(PostgresError(.timedOut, "the server did not answer"))
            } else {
                connection.sync(for: nil)
                scheduleHeartbeat()
            }
        }
    }
}

extension PostgresListener: ConnectionOwner {
    func connectionLost(_ connection: PostgresConnection, _ error: PostgresError) {
        guard connection === self.connection else { return }
        self.connection = nil
        receive(.lost)
        failed(error)
    }

    func connectionDrained(_ connection: PostgresConnection) {}
}

extension PostgresListener: StatementReceiver {
    var deadline: UInt64? { nil }
    func deadlinePassed() {}

    func statementEnded(_ index: Int, _ outcome: StatementOutcome) {
        if case .failed(let error) = outcome { refusal = error }
    }

    func groupEnded(_ outcome: GroupOutcome) {
        guard isRunning, case .ended = outcome else { return }
        if let refusal {
            // At the end of the turn, as this is called while answers are taken from the connection.
            loop.atTurnEnd { [weak self] in self?.connection?.fail(refusal) }
        } else {
            failures = 0
            receive(.listening)
        }
    }
}
