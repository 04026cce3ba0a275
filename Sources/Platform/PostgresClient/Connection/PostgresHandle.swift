import CLibPQ
import Glibc

/// A PGconn that the thread that connected it hands to the one that uses it.
// Unchecked: one owner at a time; it is handed over, never shared.
struct PostgresHandle: @unchecked Sendable {
    let pointer: OpaquePointer
}

extension PostgresHandle {
    /// Connects. Blocks for a name look-up, TLS and authentication: never on a loop.
    ///
    /// SCRAM alone hashes 4,096 times, some milliseconds in which a loop would serve hundreds of requests, and libpq blocks
    /// to look up names and to read certificate files. So a connection is opened on a thread of Dispatch, and then handed
    /// over. libpq applies its connect_timeout there, to each address.
    /// - Parameter file: where the password is, unless the parameters have it
    /// - Throws: ``PostgresError`` `connectionUnavailable` with libpq's reason, which names host, port, user and
    ///   database and never the password.
    static func connect(
        _ parameters: [(keyword: String, value: String)], passwordFile file: PostgresPasswordFile?
    ) throws(PostgresError) -> PostgresHandle {
        guard let file else { return try attempt(parameters).get() }
        var refused: [String] = []
        var error = PostgresError(.connectionUnavailable, "there is no password in \(file.path)")
        while refused.count < 3, let password = file.next(after: refused) {
            switch attempt(parameters + [("password", password)]) {
            case .connected(let handle):
                file.worked(password)
                return handle
            case .failed(let reason, let wasAskedForPassword):
                // Perhaps the password: libpq has no code for that, and the server's message is in its own language.
                error = reason
                guard wasAskedForPassword else { throw error }
                refused.append(password)
            }
        }
        throw error
    }

    private enum Attempt {
        case connected(PostgresHandle)
        case failed(PostgresError, wasAskedForPassword: Bool)

        func get() throws(PostgresError) -> PostgresHandle {
            switch self {
            case .connected(let handle): return handle
            case .failed(let error, _): throw error
            }
        }
    }

    private static func attempt(_ parameters: [(keyword: String, value: String)]) -> Attempt {
        let keywords = parameters.map { strdup($0.keyword) }
        let values = parameters.map { strdup($0.value) }
        defer { for text in keywords + values { free(text) } }
        let connection = (keywords.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { keywords in
            (values.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { values in
                PQconnectdbParams(keywords.baseAddress, values.baseAddress, 0)
            }
        }
        guard let connection else {
            return .failed(PostgresError(.connectionUnavailable, "out of memory"), wasAskedForPassword: false)
        }
        guard PQstatus(connection) == CONNECTION_OK else {
            defer { PQfinish(connection) }
            return .failed(
                PostgresError(.connectionUnavailable, reason(connection)),
                wasAskedForPassword: PQconnectionUsedPassword(connection) == 1)
        }
        // libpq writes notices to standard error by default, between the lines of the log.
        PQsetNoticeReceiver(connection, { _, _ in }, nil)
        return .connected(PostgresHandle(pointer: connection))
    }

    /// libpq's message on one line.
    static func reason(_ connection: OpaquePointer) -> String {
        guard let text = PQerrorMessage(connection) else { return "unknown" }
        return String(cString: text).split(whereSeparator: \.isNewline).joined(separator: "; ")
    }
}
