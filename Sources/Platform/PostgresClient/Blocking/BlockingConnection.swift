import CLibPQ

/// A connection that blocks, for migrations, imports and other commands. Never on a loop; one thread at a time.
///
/// It has none of the pool's time limits, as a migration may take long.
package final class BlockingConnection {
    private var handle: OpaquePointer?

    /// Connects.
    /// - Throws: ``PostgresError`` `connectionUnavailable`.
    package init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        handle = try PostgresHandle.connect(
            configuration.connectionParameters(limits: false), passwordFile: configuration.passwordFile
        ).pointer
    }

    /// Connects with a connection string.
    /// - Throws: ``PostgresError`` `connectionUnavailable` or `invalidConfiguration`.
    package convenience init(connectionString: String) throws(PostgresError) {
        try self.init(PostgresConfiguration(connectionString: connectionString))
    }

    deinit { close() }

    /// Closes it; again is harmless.
    package func close() {
        if let handle { PQfinish(handle) }
        handle = nil
    }

    /// Runs SQL text of any number of statements, as one transaction unless the text has BEGIN or COMMIT itself.
    /// - Throws: ``PostgresError`` of the first statement that failed.
    package func execute(_ sql: String) throws(PostgresError) {
        let handle = try open()
        guard !sql.utf8.contains(0) else { throw PostgresError(.invalidParameter, "SQL with a NUL character") }
        try check(PQexec(handle, sql), handle)
    }

    /// Runs one statement with its parameters.
    /// - Throws: ``PostgresError``.
    @discardableResult
    package func query(_ query: PostgresQuery) throws(PostgresError) -> PostgresRows {
        let handle = try open()
        guard !query.isInvalid else { throw PostgresError(.invalidParameter, "a parameter that PostgreSQL cannot hold") }
        let types = query.parameters.list.map(\.type)
        let result = query.parameters.withLibpqArrays { count, values, lengths, formats in
            PQexecParams(handle, query.sql, count, types, values, lengths, formats, 1)
        }
        return PostgresRows(result: try check(result, handle))
    }

    /// Runs `body` between BEGIN and COMMIT; rolls back when it throws.
    /// - Throws: what `body` throws, or ``PostgresError``: `outcomeUnknown` where the connection was lost at COMMIT.
    @discardableResult
    package func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        try execute("BEGIN")
        let value: Value
        do { value = try body() } catch {
            try? execute("ROLLBACK")
            throw error
        }
        do {
            guard try query("COMMIT").commandTag == "COMMIT" else {
                throw PostgresError(.transactionEnded, "a statement had failed, so it was rolled back")
            }
        } catch let error as PostgresError where error.code == .connectionUnavailable {
            throw PostgresError(.outcomeUnknown, "lost while committing")
        }
        return value
    }

    /// Runs a `COPY … FROM STDIN` with the data that `body` writes; no row is stored when it throws. The number of rows.
    /// - Throws: what `body` throws, or ``PostgresError``.
    @discardableResult
    package func copyIn(_ statement: String, _ body: (CopyWriter) throws -> Void) throws -> Int {
        let handle = try open()
        let begun = try check(PQexec(handle, statement), handle)
        guard PQresultStatus(begun.pointer) == PGRES_COPY_IN else {
            throw PostgresError(.protocolViolation, "not a COPY FROM STDIN")
        }
        let writer = CopyWriter(handle)
        do {
            try body(writer)
            try writer.flush()
        } catch {
            _ = PQputCopyEnd(handle, "given up")
            drain(handle)
            throw error
        }
        guard PQputCopyEnd(handle, nil) == 1 else {
            drain(handle)
            throw PostgresError(.connectionUnavailable, "connection lost")
        }
        defer { drain(handle) }
        return PostgresRows(result: try check(PQgetResult(handle), handle)).affectedRows
    }

    /// The verifier that the server stores for a role's password: SCRAM-SHA-256 (RFC 5803).
    /// - Throws: ``PostgresError``.
    package func passwordVerifier(_ password: String, for role: String) throws(PostgresError) -> String {
        let handle = try open()
        guard let verifier = PQencryptPasswordConn(handle, password, role, "scram-sha-256") else {
            throw PostgresError(.invalidParameter, "a password that libpq cannot hash")
        }
        defer { PQfreemem(verifier) }
        return String(cString: verifier)
    }

    private func open() throws(PostgresError) -> OpaquePointer {
        guard let handle else { throw PostgresError(.closed, "the connection is closed") }
        return handle
    }

    @discardableResult
    private func check(_ result: OpaquePointer?, _ handle: OpaquePointer) throws(PostgresError) -> ResultHandle {
        guard let result else { throw PostgresError(.connectionUnavailable, "connection lost") }
        let owned = ResultHandle(result)
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY, PGRES_COPY_IN: return owned
        case PGRES_FATAL_ERROR: throw PostgresError(result: result)
        default: throw PostgresError(.protocolViolation, "unexpected result status")
        }
    }

    private func drain(_ handle: OpaquePointer) {
        while let result = PQgetResult(handle) { PQclear(result) }
    }
}
