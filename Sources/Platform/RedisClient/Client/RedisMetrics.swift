import CoreMetrics
import Logging

/// The state of a client, for health checks.
package struct RedisState: Equatable, Sendable, CustomStringConvertible {
    package enum Phase: String, Sendable {
        /// Commands go out.
        case connected
        /// The first connection is being opened, or the next one right after a loss; commands wait for it.
        case connecting
        /// The breaker is open; commands fail at once.
        case unavailable
        /// Not started, or closed.
        case closed
    }

    package let phase: Phase
    /// Why there is or was no connection; nil while it has never failed.
    package let lastError: RedisError?

    package var description: String { lastError.map { "\(phase.rawValue) (\($0))" } ?? phase.rawValue }
}

/// The counts of a client since its creation.
package struct RedisStatistics: Equatable, Sendable {
    /// Commands that were accepted.
    package var commands: UInt64 = 0
    /// Commands refused at once: breaker open, too much in flight, closed.
    package var refused: UInt64 = 0
    /// Commands whose time was over.
    package var timeouts: UInt64 = 0
    /// Connections that became ready.
    package var connections: UInt64 = 0
    /// Connections that were lost, and attempts to connect that failed.
    package var failures: UInt64 = 0

    package init() {}
}

/// The metrics of a client; several of a process add up. Confined to its loop.
final class RedisMetrics {
    private let breakersOpen: Meter
    private let answered: Counter
    private let failed: [RedisError.Code: Counter]
    private let cancelled: Counter
    private let breakers: [BreakerPhase: Meter]
    private var phase: BreakerPhase?

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        breakersOpen = Meter(label: "commerce_redis_breakers_open", factory: factory)
        breakers = Dictionary(
            uniqueKeysWithValues: BreakerPhase.allCases.map { phase in
                (phase, Meter(label: "commerce_redis_breakers", dimensions: [("state", phase.rawValue)], factory: factory))
            })
        let commands = { (outcome: String) in
            Counter(label: "commerce_redis_commands_total", dimensions: [("outcome", outcome)], factory: factory)
        }
        answered = commands("ok")
        cancelled = commands("cancelled")
        failed = Dictionary(uniqueKeysWithValues: RedisError.Code.allCases.map { ($0, commands($0.outcome)) })
    }

    /// The breaker is in this state now.
    func breaker(is phase: BreakerPhase) {
        guard phase != self.phase else { return }
        let (was, isOpen) = (self.phase.map { $0 != .closed } ?? false, phase != .closed)
        if isOpen != was { if isOpen { breakersOpen.increment() } else { breakersOpen.decrement() } }
        if let before = self.phase { breakers[before]?.decrement() }
        breakers[phase]?.increment()
        self.phase = phase
    }

    func ended(_ result: Result<RedisValue, any Error>) {
        switch result {
        case .success(.error): failed[.server]?.increment()
        case .success: answered.increment()
        case .failure(let error): failed(error)
        }
    }

    func failed(_ error: any Error) {
        if let error = error as? RedisError { failed[error.code]?.increment() } else { cancelled.increment() }
    }
}

extension RedisError.Code {
    /// The code as metrics name it.
    fileprivate var outcome: String {
        switch self {
        case .unavailable: "breaker_open"
        case .timedOut: "timeout"
        case .connectionLost: "connection_lost"
        case .connectFailed: "connect_failed"
        case .authenticationFailed: "authentication_failed"
        case .overloaded: "overloaded"
        case .server: "error"
        case .unexpectedReply: "unexpected_reply"
        case .protocolViolation: "protocol_violation"
        case .closed: "closed"
        }
    }
}

/// Logs why Redis is unavailable: once for each cause, not once for each attempt to connect.
struct RedisFailureLog {
    let redis: String
    let logger: Logger
    /// The error that the log already has.
    private var logged: RedisError?

    init(redis: String, logger: Logger) {
        self.redis = redis
        self.logger = logger
    }

    mutating func failed(_ error: RedisError) {
        let level: Logger.Level =
            if error == logged { .debug } else if error.code == .authenticationFailed { .error } else { .warning }
        logged = error
        logger.log(
            level: level, "redis unavailable",
            metadata: ["redis": "\(redis)", "code": "\(error.code.rawValue)", "reason": "\(error.message)"])
    }

    mutating func recovered() {
        guard logged != nil else { return }
        logged = nil
        logger.notice("redis connected", metadata: ["redis": "\(redis)"])
    }
}
