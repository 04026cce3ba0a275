import RedisClient

/// How to reach Redis, which is a cache and never the only copy of anything.
package struct RedisSettings: Sendable {
    /// `redis[s]://user:password@host:port/number`; may hold a password.
    package let url: String
    /// The file that the password is read from again for each connection; nil: it is what the URL says.
    package let passwordFile: String?
    package let connectTimeout: Duration
    package let commandTimeout: Duration

    /// Nil where neither `REDIS_URL` nor `REDIS_HOST` is set.
    static func read(_ reader: inout SettingsReader) -> RedisSettings? {
        let whole = reader.read(
            optional: "REDIS_URL", .redisURL, as: .url,
            "Redis, as redis://user:password@host:port (rediss:// for TLS); or use the parts below. Without them, "
                + "Redis is not used")
        let host = reader.read(optional: "REDIS_HOST", .host, "Host, if REDIS_URL is not set")
        let port = reader.read("REDIS_PORT", .integer(1...65_535), default: 6379, "Port")
        let password = reader.readSecret(
            "REDIS_PASSWORD", fileNote: "; it is read for each new connection", "Password, also for a REDIS_URL that has none")
        let tls = reader.read("REDIS_TLS", .switched, default: false, "TLS")
        let connectTimeout = reader.read(
            "REDIS_CONNECT_TIMEOUT", .duration(.milliseconds(10) ... .seconds(60)), default: .milliseconds(500),
            "Connect timeout")
        let commandTimeout = reader.read(
            "REDIS_COMMAND_TIMEOUT", .duration(.milliseconds(1) ... .seconds(60)), default: .milliseconds(50),
            "Command timeout; after that, the database is used")
        var address: ConnectionURL
        if let whole {
            address = ConnectionURL(whole)
            if address.hasPassword, password?.file != nil {
                reader.fault("REDIS_PASSWORD_FILE", "is set beside a password in REDIS_URL", expected: "one of the two")
            }
            if !address.hasPassword, let password { address.set(password: password.secret, user: "") }
        } else if let host {
            address = ConnectionURL(
                scheme: tls ? "rediss" : "redis", host: host, port: port, path: "", user: "", password: password?.secret)
        } else {
            return nil
        }
        do { _ = try RedisConfiguration(url: address.text) } catch {
            reader.fault(
                whole == nil ? "REDIS_HOST" : "REDIS_URL", "cannot be used: \(error.reason)",
                expected: SettingFormat.redisURL.expectation)
        }
        return RedisSettings(
            url: address.text, passwordFile: password?.file, connectTimeout: connectTimeout, commandTimeout: commandTimeout)
    }
}

extension RedisSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL with stars for its password.
    package var description: String { SecretMask.url(url) }

    package var debugDescription: String { description }

    /// So that `dump` of what contains it doesn't show the password either.
    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
