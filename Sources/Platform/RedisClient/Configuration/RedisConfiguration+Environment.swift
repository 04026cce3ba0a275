extension RedisConfiguration {
    /// From `REDIS_URL`, or the parts that secrets managers inject: `REDIS_HOST`, `REDIS_PORT`, `REDIS_USER`,
    /// `REDIS_PASSWORD`, `REDIS_DB`, `REDIS_TLS`. With either: `REDIS_CA_FILE`, `REDIS_TLS_VERIFY`,
    /// `REDIS_TLS_SERVER_NAME`, `REDIS_CONNECT_TIMEOUT_MS`, `REDIS_COMMAND_TIMEOUT_MS`.
    ///
    /// An empty variable counts as none. Beside a URL, `REDIS_USER` and `REDIS_PASSWORD` fill in what it
    /// lacks, so that the address may be plain and the password a secret.
    /// - Returns: nil where neither a URL nor a host is set: then there is no Redis.
    package static func fromEnvironment(_ environment: [String: String]) throws(RedisConfigurationError) -> Self? {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        var configuration: Self
        if let url = value("REDIS_URL") {
            configuration = try Self(url: url)
        } else if let host = value("REDIS_HOST") {
            configuration = Self(host: host)
            configuration.port = UInt16(clamping: try number(value("REDIS_PORT"), "REDIS_PORT", 1...65_535) ?? 6379)
            configuration.database = try number(value("REDIS_DB"), "REDIS_DB", 0...1 << 20) ?? 0
            if try flag(value("REDIS_TLS"), "REDIS_TLS") == true { configuration.tls = RedisTLSOptions() }
        } else {
            return nil
        }
        if configuration.password == nil {
            configuration.password = value("REDIS_PASSWORD")
            configuration.user = value("REDIS_USER")
        }
        guard configuration.user == nil || configuration.password != nil else {
            throw RedisConfigurationError(setting: "REDIS_USER", reason: "a user without REDIS_PASSWORD")
        }
        if var tls = configuration.tls {
            tls.authorityFile = value("REDIS_CA_FILE")
            tls.serverName = value("REDIS_TLS_SERVER_NAME")
            tls.verifies = try flag(value("REDIS_TLS_VERIFY"), "REDIS_TLS_VERIFY") ?? true
            configuration.tls = tls
        }
        let connect = "REDIS_CONNECT_TIMEOUT_MS", command = "REDIS_COMMAND_TIMEOUT_MS"
        if let milliseconds = try number(value(connect), connect, 1...60_000) {
            configuration.connectTimeout = .milliseconds(milliseconds)
        }
        if let milliseconds = try number(value(command), command, 1...60_000) {
            configuration.commandTimeout = .milliseconds(milliseconds)
        }
        return configuration
    }

    private static func number(
        _ text: String?, _ setting: String, _ range: ClosedRange<Int>
    ) throws(RedisConfigurationError) -> Int? {
        guard let text else { return nil }
        guard let number = digits(text, upTo: range.upperBound), number >= range.lowerBound else {
            throw RedisConfigurationError(
                setting: setting, reason: "must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func flag(_ text: String?, _ setting: String) throws(RedisConfigurationError) -> Bool? {
        switch text?.lowercased() {
        case nil: nil
        case "1", "true", "on", "yes": true
        case "0", "false", "off", "no": false
        default: throw RedisConfigurationError(setting: setting, reason: "must be on or off")
        }
    }
}
