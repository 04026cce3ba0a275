import CoreMetrics

/// What clients of Redis show of themselves; several of a process add up. Confined to its loop.
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

    /// Takes note whether commands are refused at present.
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
