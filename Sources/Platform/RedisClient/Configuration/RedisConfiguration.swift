internal import Formats

/// Where Redis is and how long to wait for it.
package struct RedisConfiguration: Equatable, Sendable {
    package var host: String
    package var port: UInt16 = 6379
    /// With a password: the user of Redis 6's access lists; nil is the default user.
    package var user: String?
    package var password: String?
    /// The file that each new connection reads its password from, so that passwords can rotate; ``password`` is used where the
    /// file cannot be read.
    package var passwordFile: String?
    package var database = 0
    /// Nil sends everything in plain text.
    package var tls: RedisTLSOptions?
    /// What `CLIENT LIST` shows; no spaces.
    package var clientName: String?

    /// From the name look-up to the answer of the first PING.
    package var connectTimeout: Duration = .milliseconds(500)
    /// From a command's start to its reply. Short, as callers fall back to the database then.
    package var commandTimeout: Duration = .milliseconds(50)
    /// The most commands without a reply on a connection.
    package var maxInFlight = 16_384
    /// The most bytes that wait to be sent.
    package var maxUnsentBytes = 64 << 20
    /// The longest reply, in bytes as sent.
    package var maxReplyBytes = 64 << 20
    package var breaker = CircuitBreakerSettings()

    /// The default of every limit, on this host.
    package static let defaults = RedisConfiguration(host: "localhost")

    package init(host: String) { self.host = host }

    /// The password of a connection that begins now. Blocks while it reads the file.
    var currentPassword: String? {
        passwordFile.flatMap { try? SecretFile.read($0).reveal() } ?? password
    }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// As a URL, with stars for the password.
    package var description: String {
        let login = password == nil ? "" : "\(user ?? ""):***@"
        let address = host.contains(":") ? "[\(host)]" : host
        return "\(tls == nil ? "redis" : "rediss")://\(login)\(address):\(port)/\(database)"
    }

    package var debugDescription: String { description }

    /// Hides the password from `dump` and from the interpolation of values that contain this.
    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}

/// How a connection is encrypted.
package struct RedisTLSOptions: Equatable, Sendable {
    /// Whether the server's certificate and name are checked. Off only for tests, against a local server.
    package var verifies = true
    /// A PEM file of the authorities to trust in place of the system's.
    package var authorityFile: String?
    /// The name that the certificate must have, and that the handshake sends (SNI); the host when nil.
    package var serverName: String?

    package init() {}
}

/// A setting that cannot be used, in one line that never holds a secret.
package struct RedisConfigurationError: Error, Equatable, CustomStringConvertible {
    /// The setting's name, such as `REDIS_URL`.
    package let setting: String
    /// What is wrong with it.
    package let reason: String

    package var description: String { "\(setting): \(reason)" }
}

extension RedisConfiguration {
    /// From `REDIS_URL`, or the parts that secrets managers inject: `REDIS_HOST`, `REDIS_PORT`, `REDIS_USER`,
    /// `REDIS_PASSWORD`, `REDIS_DB`, `REDIS_TLS`. With either: `REDIS_CA_FILE`, `REDIS_TLS_VERIFY`,
    /// `REDIS_TLS_SERVER_NAME`, `REDIS_CONNECT_TIMEOUT_MS`, `REDIS_COMMAND_TIMEOUT_MS`.
    ///
    /// An empty variable counts as unset. `REDIS_USER` and `REDIS_PASSWORD` complete a URL without a password, so that only
    /// the password has to be a secret.
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
