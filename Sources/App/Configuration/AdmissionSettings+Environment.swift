import Web

extension AdmissionSettings {
    /// Overload control for the whole process; nil if it is off.
    static func read(_ reader: inout SettingsReader) -> AdmissionSettings? {
        var settings = AdmissionSettings()
        let isOn = reader.read(
            "OVERLOAD_CONTROL", .switched, default: true,
            "Limits concurrent requests according to measured latency; requests beyond the limit wait briefly, then get 503"
        )
        settings.maximum = reader.read(
            "MAX_IN_FLIGHT", .integer(1...100_000), default: settings.maximum, "Maximum of this limit")
        settings.queueLength = reader.read(
            "ADMISSION_QUEUE", .integer(0...100_000), default: settings.queueLength,
            "Maximum requests in the queue, then 503")
        settings.timeout = reader.read(
            "ADMISSION_TIMEOUT", .duration(.milliseconds(1) ... .seconds(300)), default: settings.timeout,
            "Maximum time in the queue, then 503")
        settings.standingTimeout = reader.read(
            "ADMISSION_TARGET", .duration(.milliseconds(1) ... .seconds(300)), default: settings.standingTimeout,
            "Maximum time in the queue while it has not been empty for ADMISSION_TIMEOUT; the newest request is then "
                + "handled first")
        settings.lag = reader.read(
            "LOOP_LAG_LIMIT", .duration(.milliseconds(1) ... .seconds(60)), default: settings.lag,
            "While an event loop stays this late, requests that need more than memory get 503")
        return isOn ? settings : nil
    }
}
