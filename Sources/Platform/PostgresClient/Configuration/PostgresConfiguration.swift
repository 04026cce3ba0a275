import CLibPQ
import EventLoop

/// How to reach a database, and the limits of a pool. A duration of zero is "no limit" only where the property says so.
package struct PostgresConfiguration: Sendable {
    /// libpq's connection parameters, from the connection string. Holds the password: never logged.
    private(set) var parameters: [(keyword: String, value: String)]

    /// The file of the password, where the connection string has none.
    package var passwordFile: PostgresPasswordFile?

    /// The most connections open at a time, at least 2: one shared by reads, one to lease.
    package var maximum = 20
    /// How many connections are kept open without work.
    package var minimum = 5
    /// How many connections carry the reads of ``PostgresPool/query(_:)``, at least 1 and less than `maximum`.
    /// One, two and four served single-row reads equally fast; with two, a slow read holds up only half of the others.
    package var sharedConnections = 2
    /// How long a connection beyond `minimum` stays open without work.
    package var idleTimeout = Duration.seconds(30)
    /// The age at which a connection is replaced, minus up to 10 % jitter, so that they are not replaced all at once.
    package var maxLifetime = Duration.seconds(30 * 60)
    /// For each address of the host; whole seconds, at least 2 (libpq). The connection string's value takes precedence.
    package var connectTimeout = Duration.seconds(5)
    /// How long a caller waits for a connection.
    package var acquireTimeout = Duration.seconds(5)
    /// How many callers may wait for a connection at a time; the next is refused at once.
    package var maxWaiters = 1_000
    /// How long a caller waits for the answer to a statement. A request's deadline may be sooner.
    package var queryTimeout = Duration.seconds(10)
    /// How long a statement waits, without any answer of the server, before the pool pings the server. When the ping fails,
    /// callers are refused at once until the server answers again.
    package var suspicionTimeout = Duration.seconds(1)
    /// How long a shared connection may be silent while reads wait, before it is closed and replaced.
    package var stallTimeout = Duration.seconds(3)

    /// The server's own limits for each session; zero: the server's default.
    package var statementTimeout = Duration.seconds(10)
    /// The server's limit for ``PostgresPool/query(_:)``; zero: the limit of all statements.
    package var readTimeout = Duration.seconds(2)
    package var lockTimeout = Duration.seconds(5)
    package var idleInTransactionTimeout = Duration.seconds(10)

    /// The servers to connect to, by libpq's `target_session_attrs`. The connection string's value takes precedence.
    /// After a failover the old primary may still answer, but it takes no writes.
    var targetSession = "read-write"

    /// The name of the sessions in `pg_stat_activity`; nil: none.
    package var applicationName: String?
    /// How long data may stay unacknowledged before TCP closes the connection (tcp(7), TCP_USER_TIMEOUT).
    package var tcpUserTimeout = Duration.seconds(10)
    /// TCP keepalive: seconds without traffic before the first probe, seconds between probes, and the number of probes.
    package var keepalives = (idle: 30, interval: 5, count: 3)

    /// The default of every limit; the address is libpq's default.
    package static let defaults = PostgresConfiguration(parameters: [])

    private init(parameters: [(keyword: String, value: String)]) { self.parameters = parameters }

    /// From `postgres://user:password@host:port/database?option=…`, `postgresql://…` or libpq's
    /// `keyword=value …` (PostgreSQL manual, 34.1.1), with all of libpq's options, such as `sslmode` and `sslrootcert`.
    /// - Throws: ``PostgresError`` `invalidConfiguration`, which does not repeat the string: it holds the password.
    package init(connectionString: String) throws(PostgresError) {
        parameters = try ConnectionString.parse(connectionString)
        if value("sslmode") == "verify-full" || value("sslmode") == "verify-ca", value("sslrootcert") == nil {
            // libpq would use a file of the home directory, and a container has none.
            parameters.append(("sslrootcert", "/etc/ssl/certs/ca-certificates.crt"))
        }
    }

    /// A replica of the database: user, password, the database's name and the check of TLS are the primary's unless the
    /// connection string has its own. Another user needs a password of its own.
    /// - Throws: ``PostgresError`` `invalidConfiguration`, which does not repeat the string.
    package init(replica connectionString: String, of primary: PostgresConfiguration) throws(PostgresError) {
        self = primary
        parameters = try ConnectionString.parse(connectionString)
        targetSession = "prefer-standby"
        guard value("host") != nil || value("hostaddr") != nil else {
            throw PostgresError(.invalidConfiguration, "the replica has no host")
        }
        if let target = value("target_session_attrs"), target == "read-write" || target == "primary" {
            throw PostgresError(.invalidConfiguration, "target_session_attrs asks for a primary")
        }
        let isSameUser = value("user") == nil || value("user") == primary.value("user")
        if !isSameUser || value("password") != nil { passwordFile = nil }
        for keyword in ["user", "dbname", "sslmode", "sslrootcert"] + (isSameUser ? ["password"] : []) where value(keyword) == nil
        {
            if let same = primary.value(keyword) { parameters.append((keyword, same)) }
        }
    }

    /// The value of a parameter of the connection string; nil: it has none.
    func value(_ keyword: String) -> String? { parameters.last { $0.keyword == keyword }?.value }

    /// One loop's share of the whole process's connections.
    package func share(of loops: Int) -> PostgresConfiguration {
        let loops = max(1, loops)
        var share = self
        share.maximum = max(2, maximum / loops)
        share.sharedConnections = max(1, min(share.maximum - 1, sharedConnections / loops))
        share.minimum = max(1, min(share.maximum, (minimum + loops - 1) / loops))
        share.maxWaiters = max(1, maxWaiters / loops)
        return share
    }

    /// User, host and database for a log, without secrets.
    package var summary: String {
        let host = value("host") ?? value("hostaddr") ?? "local"
        return "\(value("user") ?? "")@\(host):\(value("port") ?? "5432")/\(value("dbname") ?? "")"
    }
}

/// Hides the password in every printed form.
extension PostgresConfiguration: CustomStringConvertible, CustomReflectable {
    package var description: String { summary }
    package var customMirror: Mirror { Mirror(self, children: ["summary": summary]) }
}

extension PostgresConfiguration {
    /// The limit of reads in milliseconds; nil: the limit of all statements.
    var readLimit: UInt64? {
        guard readTimeout > .zero, statementTimeout == .zero || readTimeout < statementTimeout else { return nil }
        return readTimeout.milliseconds
    }

    /// The parameters for libpq: those of the connection string, and ours where it has none.
    /// - Parameter limits: whether the server's limits for statements apply; a migration has none
    func connectionParameters(limits: Bool) -> [(keyword: String, value: String)] {
        var all = parameters
        func add(_ keyword: String, _ value: String) {
            if !all.contains(where: { $0.keyword == keyword }) { all.append((keyword, value)) }
        }
        if let applicationName { add("application_name", applicationName) }
        add("client_encoding", "UTF8")
        add("connect_timeout", String(max(2, connectTimeout.components.seconds)))
        add("target_session_attrs", targetSession)
        // libpq would look for Kerberos tickets before each connection.
        add("gssencmode", "disable")
        add("keepalives", "1")
        add("keepalives_idle", String(keepalives.idle))
        add("keepalives_interval", String(keepalives.interval))
        add("keepalives_count", String(keepalives.count))
        add("tcp_user_timeout", String(tcpUserTimeout.milliseconds))
        guard limits else { return all }
        // To compile a plan or to start workers for it takes longer than a short statement runs.
        // Each connection plans a statement once. PostgreSQL would plan it each time where it estimates that to be cheaper,
        // which doubled the cost of a list (345 µs, 145 without). A statement whose best plan depends on its values is marked
        // (PostgresQuery.usesCustomPlan).
        // A plan that was made while a table was empty would scan it, and is kept while the table grows: a short statement
        // uses an index wherever there is one.
        var options =
            "-c jit=off -c max_parallel_workers_per_gather=0 -c plan_cache_mode=force_generic_plan -c enable_seqscan=off "
        for (name, limit) in [
            ("statement_timeout", statementTimeout), ("lock_timeout", lockTimeout),
            ("idle_in_transaction_session_timeout", idleInTransactionTimeout),
        ] where limit > .zero {
            options += "-c \(name)=\(limit.milliseconds) "
        }
        // The string's own options come last, so that they take precedence.
        if let own = all.firstIndex(where: { $0.keyword == "options" }) {
            all[own].value = options + all[own].value
        } else if !options.isEmpty {
            all.append(("options", options))
        }
        return all
    }
}

extension Duration {
    /// Whole milliseconds, at least 1.
    fileprivate var milliseconds: UInt64 { max(1, nanosecondsClamped / 1_000_000) }
}

/// libpq's connection strings, read by libpq itself.
enum ConnectionString {
    /// The parameters that the string gives.
    /// - Throws: ``PostgresError`` `invalidConfiguration` without any part of the string.
    static func parse(_ text: String) throws(PostgresError) -> [(keyword: String, value: String)] {
        guard !text.isEmpty, !text.utf8.contains(0) else {
            throw PostgresError(.invalidConfiguration, "the connection string is empty or has a NUL character")
        }
        var message: UnsafeMutablePointer<CChar>?
        // libpq's message quotes the string, so it is not passed on.
        defer { PQfreemem(message) }
        guard let options = PQconninfoParse(text, &message) else {
            throw PostgresError(
                .invalidConfiguration,
                "not a connection string: expected postgresql://user:password@host:port/database or keyword=value pairs")
        }
        defer { PQconninfoFree(options) }
        var parameters: [(keyword: String, value: String)] = []
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                parameters.append((String(cString: keyword), String(cString: value)))
            }
            option += 1
        }
        for parameter in parameters { try check(parameter.keyword, parameter.value) }
        return parameters
    }

    /// Checks at start what libpq would check only when it connects.
    private static func check(_ keyword: String, _ value: String) throws(PostgresError) {
        let isRight: Bool =
            switch keyword {
            case "port": value.split(separator: ",").allSatisfy { UInt16($0).map { $0 > 0 } ?? false }
            case "connect_timeout", "tcp_user_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count":
                Int32(value) != nil
            case "sslmode":
                ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"].contains(value)
            case "target_session_attrs":
                ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"].contains(value)
            default: true
            }
        guard isRight else { throw PostgresError(.invalidConfiguration, "the connection string's \(keyword) is wrong") }
    }
}
