import EventLoop

/// The durations of the configuration in nanoseconds, and how often to look at them.
struct ConnectionTimeouts {
    let keepAlive: UInt64
    let header: UInt64
    let lateHead: UInt64
    let minimumRateWindow: UInt64
    let stall: UInt64
    let linger: UInt64
    let halfClosed: UInt64
    /// How long a connection that has not sent anything yet is waited for when the server finishes.
    let fresh: UInt64 = 500_000_000
    let body: UInt64
    let minimumRate: UInt64
    /// How long between two looks at the deadlines: an eighth of the shortest, which is how late it may be noticed.
    let sweep: Duration

    init(_ configuration: ServerConfiguration) {
        keepAlive = configuration.idleTimeout.nanosecondsClamped
        header = configuration.headerTimeout.nanosecondsClamped
        lateHead = configuration.shutdownHeaderTimeout.nanosecondsClamped
        minimumRateWindow = configuration.minimumRateWindow.nanosecondsClamped
        stall = configuration.writeTimeout.nanosecondsClamped
        linger = configuration.lingerTimeout.nanosecondsClamped
        halfClosed = configuration.halfCloseTimeout.nanosecondsClamped
        minimumRate = UInt64(clamping: max(0, configuration.minimumRate))
        body = configuration.bodyTimeout.nanosecondsClamped
        let shortest = min(keepAlive, header, lateHead, minimumRateWindow, min(body, stall, linger, halfClosed))
        sweep = .nanoseconds(Int64(clamping: min(max(shortest / 8, 10_000_000), 500_000_000)))
    }

    /// The pace of a body, from now on.
    func bodyPace(from now: UInt64) -> TransferPace { TransferPace(from: now, rate: minimumRate, window: minimumRateWindow) }

    /// The pace of what a client takes, from now on.
    func writePace(from now: UInt64) -> TransferPace { TransferPace(from: now, rate: minimumRate, window: stall) }
}
