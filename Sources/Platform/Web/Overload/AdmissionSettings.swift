/// How much one loop takes on at a time, and how long what is over that may wait.
package struct AdmissionSettings: Sendable, Equatable {
    /// The limit never falls below it, but to be measured: so much is served however slow it has become. As many as the connections to PostgreSQL that
    /// a loop has for transactions, mostly: with fewer at work some would be idle, and where its answers are late for other
    /// reasons than load, nothing would be won.
    package var minimum = 8
    /// The limit never rises above it.
    package var maximum = 500
    /// What is taken on before anything was measured.
    package var initial = 20
    /// How many may wait.
    package var queueLength = 250
    /// How long one may wait while the queue empties now and then: bursts are waited for.
    package var patience = Duration.seconds(1)
    /// How long one may wait once the queue has not emptied for ``patience``: what comes then is more than can be done.
    package var standingPatience = Duration.milliseconds(20)
    /// How long after a turn of the loop began it may still take on work, while its turns go on being longer.
    package var lag = Duration.milliseconds(20)

    package init() {}

    /// Whatever comes is taken on.
    package static var unlimited: AdmissionSettings {
        var settings = AdmissionSettings()
        settings.maximum = 1 << 40
        settings.initial = 1 << 40
        settings.minimum = 1 << 30
        settings.lag = .seconds(3_600)
        return settings
    }

    /// A loop's share of what a process may do.
    package func share(of loops: Int) -> AdmissionSettings {
        let loops = max(1, loops)
        var share = self
        share.maximum = max(1, maximum / loops)
        share.minimum = min(minimum, share.maximum)
        share.initial = min(max(initial, share.minimum), share.maximum)
        share.queueLength = (max(0, queueLength) + loops - 1) / loops
        return share
    }
}
