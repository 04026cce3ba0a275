import PostgresClient

/// The connections to PostgreSQL.
package struct DatabaseSettings: Sendable {
    /// `postgresql://user:password@host:port/name?…`; from `DATABASE_URL`, or put together from its parts. May hold the password.
    package let url: String
    /// The database, with the pool's settings for the whole process.
    package let primary: PostgresConfiguration
    /// A replica for the catalogue's reads; nil: the primary answers them.
    package let replica: PostgresConfiguration?
    /// The lag up to which the replica is read.
    package let replicaMaxLag: Duration

    init(_ reader: inout SettingsReader) {
        let whole = reader.read(
            optional: "DATABASE_URL", .databaseURL, as: .url,
            "PostgreSQL, as postgresql://user:password@host:port/name; or use the parts below")
        let host = reader.read(optional: "DATABASE_HOST", .host, "Host, if DATABASE_URL is not set")
        let port = reader.read("DATABASE_PORT", .integer(1...65_535), default: 5432, "Port")
        let name = reader.read("DATABASE_NAME", .text, default: "commerce", "Name of the database")
        let user = reader.read("DATABASE_USER", .text, default: "commerce", "User")
        let password = reader.read(
            optional: "DATABASE_PASSWORD", .text, as: .secret, "Password, also for a DATABASE_URL that has none")
        let file = reader.read(
            optional: "DATABASE_PASSWORD_FILE", .text,
            "File that contains DATABASE_PASSWORD. It is read for each new connection, so a rotated password needs no restart")
        let sslMode: DatabaseSSLMode? = reader.read(
            optional: "DATABASE_SSLMODE", .choice,
            "TLS: \(DatabaseSSLMode.allCases.map(\.rawValue).joined(separator: ", ")). Use verify-full in production")
        let authority = reader.read(
            optional: "DATABASE_SSLROOTCERT", .text,
            "File with the certificate authorities that the server's certificate is verified against")
        let replicaURL = reader.read(
            optional: "DATABASE_REPLICA_URL", .databaseURL, as: .url,
            "Streaming replica for reads of the catalogue. User, password, name and TLS default to those above")
        replicaMaxLag = reader.read(
            "DATABASE_REPLICA_MAX_LAG", .duration(.milliseconds(500) ... .seconds(60)), default: .seconds(1),
            "Maximum lag of the replica; if it is further behind, the primary is read. Shown stock can be as old as "
                + "this plus STOCK_TTL")

        var address: ConnectionURL
        if let whole {
            address = ConnectionURL(whole)
            if !address.hasPassword, let password { address.set(password: password, user: user) }
            if password == nil, file != nil { address.set(user: user) }
        } else {
            if host == nil, reader.text("DATABASE_URL") == nil {
                reader.reject(
                    "DATABASE_URL", "is not set",
                    expected: "postgresql://user:password@host:port/name, or DATABASE_HOST and its companions")
            }
            address = ConnectionURL(
                scheme: "postgresql", host: host ?? "localhost", port: port, path: name, user: user, password: password)
        }
        if let sslMode { address.set("sslmode", sslMode.rawValue) }
        if let authority { address.set("sslrootcert", authority) }
        url = address.text
        let passwordFile = file.flatMap { Self.open($0, &reader, hasPassword: address.hasPassword) }
        var primary = PostgresConfiguration.defaults
        var isUsable = false
        do throws(PostgresError) {
            primary = try PostgresConfiguration(connectionString: url)
            isUsable = true
        } catch {
            reader.reject(whole != nil ? "DATABASE_URL" : "DATABASE_HOST", error)
        }
        primary.passwordFile = passwordFile
        primary.applicationName = "commerce"
        primary.readPool(&reader)
        self.primary = primary
        guard isUsable, let replicaURL else {
            replica = nil
            return
        }
        do throws(PostgresError) {
            replica = try PostgresConfiguration(replica: replicaURL, of: primary)
        } catch {
            replica = nil
            reader.reject("DATABASE_REPLICA_URL", error)
        }
    }

    private static func open(
        _ path: String, _ reader: inout SettingsReader, hasPassword: Bool
    ) -> PostgresPasswordFile? {
        let expected = "a file that holds the password, on one line"
        if hasPassword {
            reader.reject("DATABASE_PASSWORD_FILE", "is set beside a password", expected: "one of the two")
        }
        do throws(PostgresError) { return try PostgresPasswordFile(path: path) } catch {
            reader.reject("DATABASE_PASSWORD_FILE", "cannot be used: \(error.message ?? "it cannot be read")", expected: expected)
            return nil
        }
    }
}

extension DatabaseSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL with the password masked.
    package var description: String { SecretMask.url(url) }

    package var debugDescription: String { description }

    /// Keeps the password out of `dump`, also of a value that contains this one.
    package var customMirror: Mirror {
        Mirror(self, children: ["url": description, "replica": replica.map(\.summary) ?? ""])
    }
}

/// libpq's `sslmode` (PostgreSQL manual, 34.19.1).
private enum DatabaseSSLMode: String, CaseIterable, Sendable {
    case disable, allow, prefer, require
    case verifyAuthority = "verify-ca"
    case verifyFull = "verify-full"
}

extension SettingsReader {
    /// Rejects a URL that libpq refuses; the message does not repeat it, since it may hold a password.
    fileprivate mutating func reject(_ name: String, _ error: PostgresError) {
        reject(
            name, "cannot be used: \(error.message ?? "libpq refuses it")", expected: SettingFormat.databaseURL.expectation)
    }
}

extension PostgresConfiguration {
    /// Reads the settings of the pool over its defaults.
    fileprivate mutating func readPool(_ reader: inout SettingsReader) {
        maximum = reader.read("DATABASE_POOL_MAX", .integer(1...1_000), default: maximum, "Maximum connections of the process")
        minimum = reader.read("DATABASE_POOL_MIN", .integer(0...1_000), default: minimum, "Connections that stay open while idle")
        idleTimeout = reader.read(
            "DATABASE_IDLE_TIMEOUT", .duration(.seconds(1) ... .seconds(86_400)), default: idleTimeout,
            "Connections above the minimum close after this idle time")
        maxLifetime = reader.read(
            "DATABASE_MAX_LIFETIME", .duration(.seconds(1) ... .seconds(7 * 86_400)), default: maxLifetime,
            "Connections are replaced after about this time")
        connectTimeout = reader.read(
            "DATABASE_CONNECT_TIMEOUT", .duration(.milliseconds(100) ... .seconds(60)), default: connectTimeout,
            "Connect timeout")
        acquireTimeout = reader.read(
            "DATABASE_ACQUIRE_TIMEOUT", .duration(.milliseconds(10) ... .seconds(60)), default: acquireTimeout,
            "Maximum wait for a free connection, then 503")
        maxWaiters = reader.read(
            "DATABASE_MAX_WAITERS", .integer(0...1_000_000), default: maxWaiters,
            "Maximum requests that wait for a connection, then 503")
        statementTimeout = reader.read(
            "DATABASE_STATEMENT_TIMEOUT", .duration(.zero ... .seconds(3_600)), default: statementTimeout,
            "Statement timeout; 0 is no limit")
        readTimeout = reader.read(
            "DATABASE_READ_TIMEOUT", .duration(.zero ... .seconds(3_600)), default: readTimeout,
            "Statement timeout of reads for the catalogue, then 503; 0 uses DATABASE_STATEMENT_TIMEOUT")
        lockTimeout = reader.read(
            "DATABASE_LOCK_TIMEOUT", .duration(.zero ... .seconds(3_600)), default: lockTimeout,
            "Lock timeout; 0 is no limit")
        idleInTransactionTimeout = reader.read(
            "DATABASE_IDLE_IN_TRANSACTION_TIMEOUT", .duration(.zero ... .seconds(3_600)), default: idleInTransactionTimeout,
            "PostgreSQL ends transactions that are idle for this time; 0 is no limit")
        if minimum > maximum {
            reader.reject("DATABASE_POOL_MIN", "is \(minimum), above DATABASE_POOL_MAX", expected: "at most \(maximum)")
        }
    }
}
