import PostgresClient

/// How to reach PostgreSQL.
package struct DatabaseSettings: Sendable {
    /// `postgresql://user:password@host:port/name?…`; from `DATABASE_URL`, or put together from its parts. Holds the password.
    package let url: String
    /// The file that the password is read from, where the URL has none.
    package let passwordFile: PostgresPasswordFile?
    /// A replica for the catalogue's reads, as ``url``; nil: they go to the primary. May hold a password.
    package let replica: String?
    /// How much older than the primary the replica may be.
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

        replica = reader.read(
            optional: "DATABASE_REPLICA_URL", .databaseURL, as: .url,
            "Streaming replica for reads of the catalogue. User, password, name and TLS default to those above")
        replicaMaxLag = reader.read(
            "DATABASE_REPLICA_MAX_LAG", .duration(.milliseconds(500) ... .seconds(60)), default: .seconds(1),
            "Maximum lag of the replica; if it is further behind, the primary is read. Shown stock can be as old as "
                + "this plus STOCK_TTL")

        var parts: ConnectionURL
        if let whole {
            parts = ConnectionURL(whole)
            if !parts.hasPassword, let password { parts.set(password: password, user: user) }
            if password == nil, file != nil { parts.set(user: user) }
        } else {
            if host == nil, reader.text("DATABASE_URL") == nil {
                reader.fault(
                    "DATABASE_URL", "is not set",
                    expected: "postgresql://user:password@host:port/name, or DATABASE_HOST and its companions")
            }
            parts = ConnectionURL(
                scheme: "postgresql", host: host ?? "localhost", port: port, path: name, user: user, password: password)
        }
        if let sslMode { parts.set("sslmode", sslMode.rawValue) }
        if let authority { parts.set("sslrootcert", authority) }
        url = parts.text
        passwordFile = file.flatMap { Self.open($0, &reader, isBesidePassword: parts.hasPassword) }
        do {
            let primary = try PostgresConfiguration(connectionString: url)
            do { _ = try replica.map { url throws(PostgresError) in try PostgresConfiguration(replica: url, of: primary) } } catch
            {
                reader.fault(
                    "DATABASE_REPLICA_URL", "cannot be used: \(error.message ?? "libpq refuses it")",
                    expected: SettingFormat.databaseURL.expectation)
            }
        } catch {
            // What is wrong with a part was told already.
            guard whole != nil else { return }
            reader.fault(
                "DATABASE_URL", "cannot be used: \(error.message ?? "libpq refuses it")",
                expected: SettingFormat.databaseURL.expectation)
        }
    }

    private static func open(
        _ path: String, _ reader: inout SettingsReader, isBesidePassword: Bool
    ) -> PostgresPasswordFile? {
        let expected = "a file that holds the password, on one line"
        if isBesidePassword {
            reader.fault("DATABASE_PASSWORD_FILE", "is set beside a password", expected: "one of the two")
        }
        do throws(PostgresError) { return try PostgresPasswordFile(path: path) } catch {
            reader.fault("DATABASE_PASSWORD_FILE", "cannot be used: \(error.message ?? "it cannot be read")", expected: expected)
            return nil
        }
    }
}

extension DatabaseSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL with stars for its password.
    package var description: String { SecretMask.url(url) }

    package var debugDescription: String { description }

    /// So that `dump` of what contains it doesn't show the password either.
    package var customMirror: Mirror {
        Mirror(self, children: ["url": description, "replica": replica.map { SecretMask.url($0) } ?? ""])
    }
}
