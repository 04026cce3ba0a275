import EventLoop

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
