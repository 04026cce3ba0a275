import RedisClient

/// The connection to Redis, which is a cache and never holds the only copy of data.
package struct RedisSettings: Sendable {
    /// `redis[s]://user:password@host:port/number`; may hold a password.
    package let url: String
    /// The client that the URL and the other settings describe.
    package let client: RedisConfiguration

    /// Nil if neither `REDIS_URL` nor `REDIS_HOST` is set.
    static func read(_ reader: inout SettingsReader) -> RedisSettings? {
        let defaults = RedisConfiguration.defaults
        let whole = reader.read(
            optional: "REDIS_URL", .redisURL, as: .url,
            "Redis, as redis://user:password@host:port (rediss:// for TLS); or use the parts below. Without them, "
                + "Redis is not used")
        let host = reader.read(optional: "REDIS_HOST", .host, "Host, if REDIS_URL is not set")
        let port = reader.read("REDIS_PORT", .integer(1...65_535), default: Int(defaults.port), "Port")
        let password = reader.readSecret(
            "REDIS_PASSWORD", fileNote: "; it is read for each new connection", "Password, also for a REDIS_URL that has none")
        let tls = reader.read("REDIS_TLS", .switched, default: false, "TLS")
        let connectTimeout = reader.read(
            "REDIS_CONNECT_TIMEOUT", .duration(.milliseconds(10) ... .seconds(60)), default: defaults.connectTimeout,
            "Connect timeout")
        let commandTimeout = reader.read(
            "REDIS_COMMAND_TIMEOUT", .duration(.milliseconds(1) ... .seconds(60)), default: defaults.commandTimeout,
            "Command timeout; after that, the database is used")
        var address: ConnectionURL
        if let whole {
            address = ConnectionURL(whole)
            if address.hasPassword, password?.file != nil {
                reader.reject("REDIS_PASSWORD_FILE", "is set beside a password in REDIS_URL", expected: "one of the two")
            }
            if !address.hasPassword, let password { address.set(password: password.secret, user: "") }
        } else if let host {
            address = ConnectionURL(
                scheme: tls ? "rediss" : "redis", host: host, port: port, path: "", user: "", password: password?.secret)
        } else {
            return nil
        }
        do throws(RedisConfigurationError) {
            var client = try RedisConfiguration(url: address.text)
            client.clientName = "commerce"
            client.passwordFile = password?.file
            client.connectTimeout = connectTimeout
            client.commandTimeout = commandTimeout
            return RedisSettings(url: address.text, client: client)
        } catch {
            reader.reject(
                whole == nil ? "REDIS_HOST" : "REDIS_URL", "cannot be used: \(error.reason)",
                expected: SettingFormat.redisURL.expectation)
            return nil
        }
    }
}

extension RedisSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL with the password masked.
    package var description: String { SecretMask.url(url) }

    package var debugDescription: String { description }

    /// Keeps the password out of `dump`, also of a value that contains this one.
    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
