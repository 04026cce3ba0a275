import Webhooks

extension WebhookSettings {
    /// Reads the settings of the environment over the defaults.
    init(_ reader: inout SettingsReader) {
        self.init()
        allowsPrivate = reader.read(
            "WEBHOOK_ALLOW_PRIVATE", .switched, default: allowsPrivate,
            "Webhooks may have http, any port and private addresses; for tests and private networks")
        timeout = reader.read(
            "WEBHOOK_TIMEOUT", .duration(.milliseconds(100) ... .seconds(60)), default: timeout,
            "How long a webhook may take to answer")
        connectTimeout = reader.read(
            "WEBHOOK_CONNECT_TIMEOUT", .duration(.milliseconds(100) ... .seconds(60)), default: connectTimeout,
            "How long a connection to a webhook may take; at most WEBHOOK_TIMEOUT")
        concurrency = reader.read(
            "WEBHOOK_CONCURRENCY", .integer(1...256), default: concurrency,
            "Maximum requests to one webhook at a time, in each worker")
        mostEndpoints = reader.read("WEBHOOK_LIMIT", .integer(0...1_000), default: mostEndpoints, "Maximum webhooks of the shop")
        disableAfter = reader.read(
            "WEBHOOK_DISABLE_AFTER", .duration(.seconds(1) ... .seconds(365 * 86_400)), default: disableAfter,
            "A webhook is disabled after all its requests have failed for this time")
        userAgent = "commerce/" + Version.text
        if connectTimeout > timeout {
            reader.reject(
                "WEBHOOK_CONNECT_TIMEOUT", "is more than WEBHOOK_TIMEOUT", expected: "at most \(timeout.settingText)")
        }
    }
}
