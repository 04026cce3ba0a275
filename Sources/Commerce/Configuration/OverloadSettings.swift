import Web

/// How much is taken on at a time, and what becomes of the rest.
package struct OverloadSettings: Sendable {
    /// Over all loops; nil: all that comes is taken on.
    package let admission: AdmissionSettings?

    init(_ reader: inout SettingsReader) {
        var settings = AdmissionSettings()
        let isOn = reader.read(
            "OVERLOAD_CONTROL", .switched, default: true,
            "A limit, found from measured times, on the requests that are at work; what is over it waits a moment, then 503")
        settings.maximum = reader.read(
            "MAX_IN_FLIGHT", .integer(1...100_000), default: 1_000, "The most that limit may become")
        settings.queueLength = reader.read(
            "ADMISSION_QUEUE", .integer(0...100_000), default: 500, "Most requests that wait to be taken on, then 503")
        settings.patience = reader.read(
            "ADMISSION_TIMEOUT", .duration(.milliseconds(1) ... .seconds(300)), default: settings.patience,
            "Longest wait to be taken on, then 503")
        settings.standingPatience = reader.read(
            "ADMISSION_TARGET", .duration(.milliseconds(1) ... .seconds(300)), default: settings.standingPatience,
            "The same once somebody has been waiting at all times for ADMISSION_TIMEOUT; then the newest goes first")
        settings.lag = reader.read(
            "LOOP_LAG_LIMIT", .duration(.milliseconds(1) ... .seconds(60)), default: settings.lag,
            "Where an event loop goes on being this late, what needs more than memory is 503")
        admission = isOn ? settings : nil
    }
}
