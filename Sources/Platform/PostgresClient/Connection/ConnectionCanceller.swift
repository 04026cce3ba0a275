import CLibPQ
import Dispatch
import Synchronization

/// Asks the server to cancel what a connection runs, on a thread of its own: libpq 15's PQcancel blocks, over a
/// second connection, for as long as the server likes. Only for connections that are given up right after:
/// the request may arrive late and would hit whatever runs next.
///
/// Each pool has its own: requests to a server that does not answer hold up those to the same server only.
final class ConnectionCanceller: Sendable {
    private let queue = DispatchQueue(label: "postgres.cancel")
    /// Requests that wait; one that hangs on a frozen server must not pile up others behind it without end.
    private let waiting = Atomic<Int>(0)
    private static let most = 64

    // Unchecked: PGcancel is made to be used from another thread (PostgreSQL manual, 34.7); handed over, never shared.
    private struct Request: @unchecked Sendable { let pointer: OpaquePointer }

    func cancel(_ connection: OpaquePointer) {
        guard waiting.load(ordering: .relaxed) < Self.most, let pointer = PQgetCancel(connection) else { return }
        let request = Request(pointer: pointer)
        waiting.add(1, ordering: .relaxed)
        queue.async { [self] in
            // What it says is of no use: the connection is gone either way.
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { reason in
                _ = PQcancel(request.pointer, reason.baseAddress, Int32(reason.count))
            }
            PQfreeCancel(request.pointer)
            waiting.subtract(1, ordering: .relaxed)
        }
    }
}
