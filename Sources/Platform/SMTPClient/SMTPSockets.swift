import CCurl
import CoreMetrics
import Glibc
import Synchronization

/// The sockets of a connection. Any thread may shut them down: what libcurl waits for on them comes to an end then.
///
/// Opening, closing and shutting down hold the lock, because the number of a closed socket may soon belong to another file.
final class SMTPSockets: Sendable {
    private struct State {
        var open: Set<Int32> = []
        var isAbandoned = false
    }

    private let state = Mutex(State())
    private let count: Meter

    /// - Parameter count: the number of connections
    init(count: Meter) { self.count = count }

    /// Whether the mail in progress has ended for its sender.
    var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

    /// The next mail begins.
    func begin() { state.withLock { $0.isAbandoned = false } }

    /// Ends the mail in progress: no further byte of it is sent.
    func abandon() {
        state.withLock { state in
            state.isAbandoned = true
            Self.shut(state.open)
        }
    }

    /// Ends the connection: libcurl finds that it is lost.
    func shut() { state.withLock { Self.shut($0.open) } }

    /// Opens a socket, for CURLOPT_OPENSOCKETFUNCTION; CURL_SOCKET_BAD with errno.
    func open(_ address: UnsafePointer<curl_sockaddr>) -> curl_socket_t {
        state.withLock { state in
            guard !state.isAbandoned else { return CURL_SOCKET_BAD }
            let kind = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            let descriptor = socket(address.pointee.family, kind, address.pointee.protocol)
            guard descriptor >= 0 else { return CURL_SOCKET_BAD }
            state.open.insert(descriptor)
            count.increment()
            return descriptor
        }
    }

    /// Closes a socket, for CURLOPT_CLOSESOCKETFUNCTION.
    func close(_ descriptor: Int32) -> Int32 {
        state.withLock { state in
            if state.open.remove(descriptor) != nil { count.decrement() }
            return Glibc.close(descriptor)
        }
    }

    private static func shut(_ descriptors: Set<Int32>) {
        for descriptor in descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
}
