import CLibPQ
import EventLoop

/// Where the database is and how much of it is used. Durations of zero mean "no limit" only where it says so.
package struct PostgresConfiguration: Sendable {
    /// libpq's connection parameters as the connection string gave them. Holds the password: never logged.
    private(set) var parameters: [(keyword: String, value: String)]

    /// Where the password is, in the place of one in the connection string.
    package var passwordFile: PostgresPasswordFile?

    /// The most connections open at a time, at least 2: one shared by reads, one to lease.
    package var maximum = 20
    /// How many are kept open without work.
    package var minimum = 5
    /// How many of them carry ``PostgresPool/query(_:)`` for everybody, at least 1 and less than `maximum`.
    /// One, two and four served single-row reads equally fast; two, so that a slow read holds up only half of them.
    package var sharedConnections = 2
    /// A connection beyond `minimum` is closed after so long without work.
    package var idleTimeout = Duration.seconds(30)
    /// A connection is replaced after so long, up to a tenth earlier by chance, so that not all go at once.
    package var maxLifetime = Duration.seconds(30 * 60)
    /// For each address of the host; whole seconds, at least 2 (libpq). The connection string's goes before it.
    package var connectTimeout = Duration.seconds(5)
    /// How long a caller waits for a connection.
    package var acquireTimeout = Duration.seconds(5)
    /// How many callers may wait at a time; the next is refused at once.
    package var maxWaiters = 1_000
    /// How long a statement of the pool may take as the caller sees it. A request's deadline may be sooner.
    package var queryTimeout = Duration.seconds(10)
    /// When a statement is unanswered for so long while nothing else comes either, the server is asked for a sign
    /// of life; without one, callers are refused at once until it is back.
    package var suspicionTimeout = Duration.seconds(1)

    /// A shared connection that says nothing for so long while reads wait is given up and replaced.
    package var stallTimeout = Duration.seconds(3)

    /// The server's own limits for each session; zero leaves the server's default.
    package var statementTimeout = Duration.seconds(10)
    /// The server's limit for ``PostgresPool/query(_:)``; zero: that of all statements.
    package var readTimeout = Duration.seconds(2)
    package var lockTimeout = Duration.seconds(5)
    package var idleInTransactionTimeout = Duration.seconds(10)

    /// What servers are connected to, by libpq's `target_session_attrs`. The connection string's goes before it.
    /// After a failover the old primary may still answer, but takes no writes.
    var targetSession = "read-write"

    /// As `pg_stat_activity` shows it.
    package var applicationName = "commerce"
    /// Unacknowledged data ends a TCP connection after so long (tcp(7), TCP_USER_TIMEOUT).
    package var tcpUserTimeout = Duration.seconds(10)
    /// Seconds without traffic before TCP asks whether the peer still lives, between two such questions, and how many.
    package var keepalives = (idle: 30, interval: 5, count: 3)

    /// The default of every limit, and libpq's own idea of where the server is.
    package static let defaults = PostgresConfiguration(parameters: [])

    private init(parameters: [(keyword: String, value: String)]) { self.parameters = parameters }

    /// From `postgres://user:password@host:port/database?option=…`, `postgresql://…` or libpq's
    /// `keyword=value …` (PostgreSQL manual, 34.1.1). All of libpq's options count, `sslmode` and `sslrootcert` too.
    /// - Throws: ``PostgresError`` `invalidConfiguration`, which does not repeat the string: it holds the password.
    package init(connectionString: String) throws(PostgresError) {
        parameters = try ConnectionString.parse(connectionString)
        if value("sslmode") == "verify-full" || value("sslmode") == "verify-ca", value("sslrootcert") == nil {
            // libpq looks into the home directory otherwise, where a container has none.
            parameters.append(("sslrootcert", "/etc/ssl/certs/ca-certificates.crt"))
        }
    }

    /// A replica of the database: user and password, the database's name and how TLS is checked are the primary's wherever
    /// the connection string says nothing of them. Another user needs a password of its own.
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

    /// The parameter's value, if the connection string has it.
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

    /// For a log: who connects where, without secrets.
    package var summary: String {
        let host = value("host") ?? value("hostaddr") ?? "local"
        return "\(value("user") ?? "")@\(host):\(value("port") ?? "5432")/\(value("dbname") ?? "")"
    }
}

/// However it is printed, the password stays out.
extension PostgresConfiguration: CustomStringConvertible, CustomReflectable {
    package var description: String { summary }
    package var customMirror: Mirror { Mirror(self, children: ["summary": summary]) }
}

extension PostgresConfiguration {
    /// The limit of reads in milliseconds; nil: they have none of their own.
    var readLimit: UInt64? {
        guard readTimeout > .zero, statementTimeout == .zero || readTimeout < statementTimeout else { return nil }
        return readTimeout.milliseconds
    }

    /// What libpq is given: the connection string's parameters, and ours where it has none.
    /// - Parameter limits: whether the server's limits for statements apply; a migration has none.
    func connectionParameters(limits: Bool) -> [(keyword: String, value: String)] {
        var all = parameters
        func add(_ keyword: String, _ value: String) {
            if !all.contains(where: { $0.keyword == keyword }) { all.append((keyword, value)) }
        }
        add("application_name", applicationName)
        add("client_encoding", "UTF8")
        add("connect_timeout", String(max(2, connectTimeout.components.seconds)))
        add("target_session_attrs", targetSession)
        // Looks for Kerberos tickets otherwise, before each connection.
        add("gssencmode", "disable")
        add("keepalives", "1")
        add("keepalives_idle", String(keepalives.idle))
        add("keepalives_interval", String(keepalives.interval))
        add("keepalives_count", String(keepalives.count))
        add("tcp_user_timeout", String(tcpUserTimeout.milliseconds))
        guard limits else { return all }
        // Compiling a plan or starting workers for it takes longer than a statement of a shop may run.
        // A plan is made once for each statement and connection: by itself PostgreSQL plans one anew each time where it believes
        // that to be cheaper, which doubled what a list of products cost it (345 µs, 145 without). Those whose best plan
        // depends on their values say so (PostgresQuery.usesCustomPlan).
        // A plan that was made while a table was empty would scan it, and is kept while the table grows: no statement of a
        // shop wants a scan where there is an index.
        var options =
            "-c jit=off -c max_parallel_workers_per_gather=0 -c plan_cache_mode=force_generic_plan -c enable_seqscan=off "
        for (name, limit) in [
            ("statement_timeout", statementTimeout), ("lock_timeout", lockTimeout),
            ("idle_in_transaction_session_timeout", idleInTransactionTimeout),
        ] where limit > .zero {
            options += "-c \(name)=\(limit.milliseconds) "
        }
        // The string's own come last, so that they count.
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
        var complaint: UnsafeMutablePointer<CChar>?
        // libpq's complaint quotes the string, so it is not passed on.
        defer { PQfreemem(complaint) }
        guard let options = PQconninfoParse(text, &complaint) else {
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

    /// What libpq finds out only as it connects, found at start already.
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
