/// How much work runs at a time, and how long other work may wait.
package struct AdmissionSettings: Sendable, Equatable {
    /// The limit never falls below it, except for short measurements, however slow the work becomes. It is about the number of
    /// connections to PostgreSQL that a loop has for transactions: with less work some of them would be idle, and where PostgreSQL
    /// is slow for another reason than load, nothing would be gained.
    package var minimum = 8
    /// The limit never rises above it.
    package var maximum = 1_000
    /// The limit before the first measurement.
    package var initial = 20
    /// How many requests may wait.
    package var queueLength = 500
    /// How long a request may wait while the queue empties now and then: it absorbs bursts.
    package var timeout = Duration.seconds(1)
    /// How long a request may wait once the queue has not been empty for ``timeout``: the load is then beyond the capacity.
    package var standingTimeout = Duration.milliseconds(20)
    /// How late in a turn of the loop work may still begin, while all turns are longer than this.
    package var lag = Duration.milliseconds(20)

    package init() {}

    /// Admits all work at once.
    package static var unlimited: AdmissionSettings {
        var settings = AdmissionSettings()
        settings.maximum = 1 << 40
        settings.initial = 1 << 40
        settings.minimum = 1 << 30
        settings.lag = .seconds(3_600)
        return settings
    }

    /// One loop's share of the settings of a process.
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
