import CLibPQ
import EventLoop

extension PostgresConnection {
    /// Queues a statement, and its preparation where this connection meets it for the first time.
    /// What libpq refuses comes back to the receiver as lost with the connection.
    func send(_ query: PostgresQuery, index: Int, for receiver: any StatementReceiver) {
        guard let handle else { return receiver.statementEnded(index, .lost(PostgresError(.connectionUnavailable))) }
        beginWaiting()
        if query.usesCustomPlan { return sendUnnamed(query, index: index, for: receiver, on: handle) }
        let use = statements.use(query)
        if let evicted = use.evicted { sendHousekeeping("DEALLOCATE s\(evicted)") }
        let sent = withStatementName(use.name) { name in
            if use.isNew {
                let types = query.parameters.list.map(\.type)
                guard PQsendPrepare(handle, name, query.sql, Int32(types.count), types) == 1 else { return false }
                expected.append(.preparation(use.name))
            }
            return query.parameters.withLibpqArrays { count, values, lengths, formats in
                PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1) == 1
            }
        }
        // Queued in any case: should libpq have refused it, the connection fails and the receiver hears that.
        expected.append(.statement(receiver, index, name: use.name))
        if !sent { failSoon() }
    }

    /// Queues a statement under no name, so that it is planned for its values.
    private func sendUnnamed(
        _ query: PostgresQuery, index: Int, for receiver: any StatementReceiver, on handle: OpaquePointer
    ) {
        if !plansAnew {
            // Until the Sync, or the end of the transaction. Not SET LOCAL, at which the server warns outside BEGIN.
            sendHousekeeping("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)")
            plansAnew = true
        }
        let types = query.parameters.list.map(\.type)
        let sent = query.parameters.withLibpqArrays { count, values, lengths, formats in
            PQsendQueryParams(handle, query.sql, count, types, values, lengths, formats, 1) == 1
        }
        expected.append(.statement(receiver, index, name: 0))
        if !sent { failSoon() }
    }

    /// Queues a statement whose answer nobody waits for.
    func sendHousekeeping(_ sql: String) {
        guard let handle else { return }
        beginWaiting()
        expected.append(.housekeeping)
        if PQsendQueryParams(handle, sql, 0, nil, nil, nil, nil, 1) != 1 { failSoon() }
    }

    /// Queues a statement that is not worth preparing: BEGIN, COMMIT.
    func sendCommand(_ sql: String, index: Int, for receiver: any StatementReceiver) {
        guard let handle else { return receiver.statementEnded(index, .lost(PostgresError(.connectionUnavailable))) }
        beginWaiting()
        expected.append(.statement(receiver, index, name: 0))
        if PQsendQueryParams(handle, sql, 0, nil, nil, nil, nil, 1) != 1 { failSoon() }
    }

    /// Ends the group and sends all that is queued.
    func sync(for receiver: (any StatementReceiver)?) {
        guard let handle else {
            receiver?.groupEnded(.lost(PostgresError(.connectionUnavailable)))
            return
        }
        beginWaiting()
        plansAnew = false
        expected.append(.sync(receiver))
        // Flushes as well; what did not fit is left to flush().
        if PQpipelineSync(handle) == 1 { flush() } else { failSoon() }
    }
}

/// The name as libpq wants it, made on the stack: `s` and the number.
private func withStatementName(_ number: UInt32, _ body: (UnsafePointer<CChar>) -> Bool) -> Bool {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 12) { buffer in
        guard let base = buffer.baseAddress else { return false }
        var digits = 1
        var rest = number
        while rest >= 10 { rest /= 10; digits += 1 }
        rest = number
        buffer[0] = CChar(UInt8(ascii: "s"))
        for place in stride(from: digits, to: 0, by: -1) {
            buffer[place] = CChar(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        buffer[digits + 1] = 0
        return body(base)
    }
}
