internal import Formats

/// Where Redis is and how long to wait for it.
package struct RedisConfiguration: Equatable, Sendable {
    package var host: String
    package var port: UInt16 = 6379
    /// With a password: the user of Redis 6's access lists; nil is the default user.
    package var user: String?
    package var password: String?
    /// The file that each new connection reads its password from, so that one that rotates is taken up as it comes; where it
    /// cannot be read, ``password`` holds.
    package var passwordFile: String?
    package var database = 0
    /// Nil sends everything in plain text.
    package var tls: RedisTLSOptions?
    /// What `CLIENT LIST` shows; no spaces.
    package var clientName: String?

    /// From the name look-up to the answer of the first PING.
    package var connectTimeout: Duration = .milliseconds(500)
    /// From a command's start to its reply. Behind it the shop asks PostgreSQL, so it is short.
    package var commandTimeout: Duration = .milliseconds(50)
    /// The most commands without a reply on a connection.
    package var mostInFlight = 16_384
    /// The most bytes that wait to be sent.
    package var mostUnsent = 64 << 20
    /// The longest reply, in bytes as sent.
    package var longestReply = 64 << 20
    package var breaker = BreakerSettings()

    /// The default of every limit, on this host.
    package static let defaults = RedisConfiguration(host: "localhost")

    package init(host: String) { self.host = host }

    /// The password of a connection that begins now. Blocks for as long as a small file takes to read.
    var presentPassword: String? {
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

    /// So that `dump` and string interpolation of what contains it don't show the password either.
    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
