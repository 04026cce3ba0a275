import CLibPQ
import Dispatch
import Synchronization

/// Asks the server to cancel the statement of a connection, on a thread of its own: libpq 15's PQcancel blocks, over a
/// second connection, until the server answers. Only for connections that are closed right after: the request may arrive
/// late and would cancel the next statement.
///
/// Each pool has its own: requests to a server that does not answer delay only those to the same server.
final class ConnectionCanceller: Sendable {
    private let queue = DispatchQueue(label: "postgres.cancel")
    /// Requests that wait; they are bounded, since one may hang on a frozen server.
    private let waiting = Atomic<Int>(0)
    private static let most = 64

    // Unchecked: PGcancel is made to be used from another thread (PostgreSQL manual, 34.7); handed over, never shared.
    private struct Request: @unchecked Sendable { let pointer: OpaquePointer }

    func cancel(_ connection: OpaquePointer) {
        guard waiting.load(ordering: .relaxed) < Self.most, let pointer = PQgetCancel(connection) else { return }
        let request = Request(pointer: pointer)
        waiting.add(1, ordering: .relaxed)
        queue.async { [self] in
            // The reason is ignored: the connection is gone either way.
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { reason in
                _ = PQcancel(request.pointer, reason.baseAddress, Int32(reason.count))
            }
            PQfreeCancel(request.pointer)
            waiting.subtract(1, ordering: .relaxed)
        }
    }
}
