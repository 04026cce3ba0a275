import CSystem
import Foundation
import Synchronization

/// Stands between a client and a server on 127.0.0.1, and loses chosen bytes, as a network does.
package final class TCPProxy: Sendable {
    /// What becomes of what is sent.
    package enum Network: Sendable {
        case well
        /// Open connections are silent from now on, both ways, and stay so; new ones get through.
        case halfOpen
        /// Nothing gets through any more, silently: connections are accepted and never answered.
        case blackHole
        /// Each piece takes so long, each way.
        case slow(milliseconds: UInt32)
    }

    private struct State {
        var network = Network.well
        /// Connections of an earlier number are lost.
        var generation = 0
        var isClosed = false
        var sockets: Set<Int32> = []
    }

    /// Where clients connect.
    package let port: UInt16
    private let target: UInt16
    private let listener: Int32
    private let state = Mutex(State())

    package init(to target: UInt16) throws {
        self.target = target
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw TestFailure.system("socket", errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { [listener] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) == 0 && listen(listener, 512) == 0 && getsockname(listener, pointer, &length) == 0
            }
        }
        guard bound else { throw TestFailure.system("bind", errno) }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [weak self, listener] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { close(listener); return }
                // No program that a test starts may keep it open.
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                guard let self else { close(client); return }
                take(client)
            }
        }
    }

    deinit { stop() }

    /// Changes what becomes of what is sent from now on. Back to ``Network/well``, what was lost stays lost.
    package func set(_ network: Network) {
        state.withLock { state in
            state.network = network
            switch network {
            case .halfOpen, .blackHole: state.generation += 1
            case .well, .slow: break
            }
        }
    }

    /// Cuts all connections, and takes no more.
    package func stop() {
        let sockets = state.withLock { state in
            defer { state.sockets = [] }
            let isFirst = !state.isClosed
            state.isClosed = true
            return isFirst ? Array(state.sockets) + [listener] : []
        }
        // The threads that wait there close them.
        for socket in sockets { shutdown(socket, Int32(SHUT_RDWR)) }
    }

    private func take(_ client: Int32) {
        let (generation, isLost) = state.withLock { state in
            if case .blackHole = state.network { (state.generation - 1, true) } else { (state.generation, false) }
        }
        // A lost connection has no server.
        let server = isLost ? -1 : connect()
        guard server >= 0 || isLost else { close(client); return }
        state.withLock { $0.sockets.formUnion([client, server].filter { $0 >= 0 }) }
        let pair = Pair(client: client, server: server, state: self)
        Thread.detachNewThread { self.pump(client, server, generation, pair) }
        if server >= 0 { Thread.detachNewThread { self.pump(server, client, generation, pair) } }
    }

    /// Two sockets that are closed together, once neither is read.
    private final class Pair: Sendable {
        let client: Int32
        let server: Int32
        let state: TCPProxy

        init(client: Int32, server: Int32, state: TCPProxy) {
            self.client = client
            self.server = server
            self.state = state
        }

        deinit {
            for socket in [client, server] where socket >= 0 {
                state.state.withLock { _ = $0.sockets.remove(socket) }
                close(socket)
            }
        }
    }

    private func pump(_ from: Int32, _ to: Int32, _ generation: Int, _ pair: Pair) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        loop: while true {
            let count = recv(from, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            let (network, now, isClosed) = state.withLock { ($0.network, $0.generation, $0.isClosed) }
            if isClosed { break }
            // Lost: even its end is not passed on.
            if generation != now || to < 0 {
                guard count > 0 else { break }
                continue
            }
            guard count > 0 else { break }
            if case .slow(let milliseconds) = network { usleep(milliseconds * 1_000) }
            var sent = 0
            while sent < count {
                let more = buffer.withUnsafeBytes {
                    send(to, $0.baseAddress.map { $0 + sent }, count - sent, Int32(MSG_NOSIGNAL))
                }
                if more < 0, errno == EINTR { continue }
                guard more > 0 else { break loop }
                sent += more
            }
        }
        let isLost = state.withLock { $0.generation != generation && !$0.isClosed }
        shutdown(from, Int32(SHUT_RDWR))
        if to >= 0, !isLost { shutdown(to, Int32(SHUT_RDWR)) }
        withExtendedLifetime(pair) {}
    }

    private func connect() -> Int32 {
        let server = csystem_connect("127.0.0.1", target)
        guard server >= 0 else { return -1 }
        // Non-blocking until here; loopback connects or refuses at once.
        var watched = pollfd(fd: server, events: Int16(POLLOUT), revents: 0)
        guard poll(&watched, 1, 5_000) == 1, csystem_socket_error(server) == 0 else { close(server); return -1 }
        _ = fcntl(server, F_SETFL, fcntl(server, F_GETFL) & ~O_NONBLOCK)
        return server
    }
}
