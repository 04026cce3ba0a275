import CLibPQ
import Glibc

/// A PGconn on its way from the thread that connected it to the one that uses it.
// Unchecked: one owner at a time; it is handed over, never shared.
struct PostgresHandle: @unchecked Sendable {
    let pointer: OpaquePointer
}

extension PostgresHandle {
    /// Connects. Blocks for a name look-up, TLS, authentication: never on a loop.
    ///
    /// SCRAM alone hashes 4,096 times, some milliseconds in which a loop would serve hundreds of requests,
    /// and libpq looks up names and reads certificate files without asking for leave. So a connection is made
    /// whole on a thread of Dispatch, and then handed over. libpq keeps its own time there, for each address.
    /// - Throws: ``PostgresError`` `connectionUnavailable` with libpq's reason, which names host, port, user and
    ///   database and never the password.
    static func connect(_ parameters: [(keyword: String, value: String)]) throws(PostgresError) -> PostgresHandle {
        let keywords = parameters.map { strdup($0.keyword) }
        let values = parameters.map { strdup($0.value) }
        defer { for text in keywords + values { free(text) } }
        let connection = (keywords.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { keywords in
            (values.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { values in
                PQconnectdbParams(keywords.baseAddress, values.baseAddress, 0)
            }
        }
        guard let connection else { throw PostgresError(.connectionUnavailable, "out of memory") }
        guard PQstatus(connection) == CONNECTION_OK else {
            defer { PQfinish(connection) }
            throw PostgresError(.connectionUnavailable, reason(connection))
        }
        // libpq's default writes notices to standard error, in between the log's lines.
        PQsetNoticeReceiver(connection, { _, _ in }, nil)
        return PostgresHandle(pointer: connection)
    }

    /// libpq's message on one line.
    static func reason(_ connection: OpaquePointer) -> String {
        guard let text = PQerrorMessage(connection) else { return "unknown" }
        return String(cString: text).split(whereSeparator: \.isNewline).joined(separator: "; ")
    }
}
