import EventLoop

/// When the parts of the current request began, and which of them take too long.
///
/// A value without a clock: times are nanoseconds of the monotonic clock, and the caller passes them in.
struct RequestClock {
    /// How far the current request has come.
    private(set) var phase = RequestParser.Phase.idle
    /// When the connection last became idle, or when the current head or body began.
    private(set) var phaseBegan: UInt64
    private var bodyPace = TransferPace(from: 0, rate: 0, window: 0)
    private var bodyTimeout: UInt64 = 0

    init(acceptedAt now: UInt64) { phaseBegan = now }

    /// Notes how far the current request has come.
    /// - Parameter isFirst: whether it is the connection's first request: the time of its head runs from when the connection was
    ///   accepted.
    mutating func note(_ new: RequestParser.Phase, isFirst: Bool, at now: UInt64) {
        guard new != phase else { return }
        let isFirstHead = isFirst && phase == .idle && new == .head
        phase = new
        if !isFirstHead { phaseBegan = now }
    }

    /// A request is complete, or its response is queued.
    mutating func becomeIdle(at now: UInt64) {
        phase = .idle
        phaseBegan = now
    }

    /// The body of the current request is not read.
    mutating func skipBody() { phase = .idle }

    /// A response is queued: the idle time begins with it.
    mutating func responded(at now: UInt64) { phaseBegan = now }

    /// The body of the current request is gathered, from now on.
    /// - Parameter timeout: how long it may take at any rate; nil for the server's own limit.
    mutating func beginBody(at now: UInt64, timeout: Duration?, _ timeouts: ConnectionTimeouts) {
        bodyPace = timeouts.bodyPace(from: now)
        bodyTimeout = timeout?.nanosecondsClamped ?? timeouts.body
    }

    /// Notes how much of the body has arrived in total.
    mutating func bodyReached(_ bytes: Int, at now: UInt64) { bodyPace.reach(bytes, at: now) }

    /// The phase that has taken too long on a connection that waits for its client; nil where none has.
    /// - Parameters:
    ///   - hasServed: whether a request of the connection has been answered
    ///   - finishBegan: when the server began to shut down; nil while it does not
    func overdue(
        at now: UInt64, hasServed: Bool, finishBegan: UInt64?, _ timeouts: ConnectionTimeouts
    ) -> RequestParser.Phase? {
        switch phase {
        case .idle:
            let limit = hasServed ? timeouts.idle : finishBegan != nil ? timeouts.fresh : timeouts.header
            return Self.hasPassed(limit, since: phaseBegan, at: now) ? .idle : nil
        case .head:
            // A client that never completes its head must not keep the server from shutting down.
            if let finishBegan, Self.hasPassed(timeouts.shutdownHeader, since: finishBegan, at: now) { return .head }
            return Self.hasPassed(timeouts.header, since: phaseBegan, at: now) ? .head : nil
        case .body:
            return bodyPace.isLate(at: now) || Self.hasPassed(bodyTimeout, since: phaseBegan, at: now) ? .body : nil
        }
    }

    /// Whether so much time lies between the two times, in nanoseconds.
    static func hasPassed(_ duration: UInt64, since start: UInt64, at now: UInt64) -> Bool {
        now > start && now - start >= duration
    }
}

/// The timeouts of a ``ServerConfiguration`` in nanoseconds, and how often deadlines are checked.
struct ConnectionTimeouts {
    let idle: UInt64
    let header: UInt64
    let shutdownHeader: UInt64
    let rateWindow: UInt64
    let write: UInt64
    let linger: UInt64
    let halfClose: UInt64
    /// How long a connection that has not sent anything yet stays open when the server shuts down.
    let fresh: UInt64 = 500_000_000
    let body: UInt64
    let minimumRate: UInt64
    /// The time between two checks: an eighth of the shortest timeout, so a timeout is noticed at most that late.
    let checkInterval: Duration

    init(_ configuration: ServerConfiguration) {
        idle = configuration.idleTimeout.nanosecondsClamped
        header = configuration.headerTimeout.nanosecondsClamped
        shutdownHeader = configuration.shutdownHeaderTimeout.nanosecondsClamped
        rateWindow = configuration.minimumRateWindow.nanosecondsClamped
        write = configuration.writeTimeout.nanosecondsClamped
        linger = configuration.lingerTimeout.nanosecondsClamped
        halfClose = configuration.halfCloseTimeout.nanosecondsClamped
        minimumRate = UInt64(clamping: max(0, configuration.minimumRate))
        body = configuration.bodyTimeout.nanosecondsClamped
        let shortest = min(idle, header, shutdownHeader, rateWindow, min(body, write, linger, halfClose))
        checkInterval = .nanoseconds(Int64(clamping: min(max(shortest / 8, 10_000_000), 500_000_000)))
    }

    /// The pace of a body that begins now.
    func bodyPace(from now: UInt64) -> TransferPace { TransferPace(from: now, rate: minimumRate, window: rateWindow) }

    /// The pace at which a client accepts responses, from now on.
    func writePace(from now: UInt64) -> TransferPace { TransferPace(from: now, rate: minimumRate, window: write) }
}
