import Web

extension AdmissionSettings {
    /// Overload control for the whole process; nil if it is off.
    static func read(_ reader: inout SettingsReader) -> AdmissionSettings? {
        var settings = AdmissionSettings()
        let isOn = reader.read(
            "OVERLOAD_CONTROL", .switched, default: true,
            "Limits the requests that are handled at a time, by measured times; requests beyond the limit wait a moment, then get 503"
        )
        settings.maximum = reader.read(
            "MAX_IN_FLIGHT", .integer(1...100_000), default: settings.maximum, "Highest value of that limit")
        settings.queueLength = reader.read(
            "ADMISSION_QUEUE", .integer(0...100_000), default: settings.queueLength,
            "Most requests that wait to be handled, then 503")
        settings.timeout = reader.read(
            "ADMISSION_TIMEOUT", .duration(.milliseconds(1) ... .seconds(300)), default: settings.timeout,
            "Longest wait to be handled, then 503")
        settings.standingTimeout = reader.read(
            "ADMISSION_TARGET", .duration(.milliseconds(1) ... .seconds(300)), default: settings.standingTimeout,
            "Longest wait while the queue has not been empty for ADMISSION_TIMEOUT; the newest request goes first then")
        settings.lag = reader.read(
            "LOOP_LAG_LIMIT", .duration(.milliseconds(1) ... .seconds(60)), default: settings.lag,
            "While an event loop stays this late, requests that memory cannot answer get 503")
        return isOn ? settings : nil
    }
}
