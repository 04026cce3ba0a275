import CSystem
import Foundation
import RedisClient
import Synchronization
import TestSupport

/// A server on a raw socket that sends what a test wants, to any number of connections.
final class ScriptedServer: Sendable {
    /// One connection, on a thread of its own.
    struct Peer: Sendable {
        let descriptor: Int32
        /// Counted from 1.
        let number: Int
        fileprivate let stopped: @Sendable () -> Bool

        /// What comes next; empty at the end or when the test is over.
        func receive() -> [UInt8] {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while !stopped() {
                var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                guard poll(&watched, 1, 20) > 0 else { continue }
                return Array(buffer[..<max(0, recv(descriptor, &buffer, buffer.count, 0))])
            }
            return []
        }

        /// Reads until a whole PING has come, the last word of every handshake; false at the end.
        func awaitPing() -> Bool {
            var seen: [UInt8] = []
            while !seen.contains(Array("PING\r\n".utf8)) {
                let more = receive()
                if more.isEmpty { return false }
                seen += more
            }
            return true
        }

        func send(_ bytes: [UInt8]) {
            var sent = 0
            while sent < bytes.count, !stopped() {
                let count = bytes[sent...].withUnsafeBytes {
                    Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if count < 0 && errno != EAGAIN { return }
                sent += max(0, count)
                if count < 0 { usleep(1_000) }
            }
        }

        func send(_ text: String) { send(Array(text.utf8)) }
    }

    let port: UInt16
    private let state = Mutex((stopped: false, connections: 0))

    /// Accepts from now on until it is stopped; each connection is closed when its `serve` returns.
    init(_ serve: @escaping @Sendable (Peer) -> Void) throws {
        let listener = csystem_listen("127.0.0.1", 0, 128)
        guard listener >= 0 else { throw TestFailure("no listener") }
        port = csystem_local_port(listener)
        Thread.detachNewThread { self.accept(listener, serve) }
    }

    private func accept(_ listener: Int32, _ serve: @escaping @Sendable (Peer) -> Void) {
        defer { close(listener) }
        while !isStopped {
            var watched = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            guard poll(&watched, 1, 20) > 0 else { continue }
            var port: UInt16 = 0
            let descriptor = csystem_accept(listener, nil, 0, &port)
            guard descriptor >= 0 else { continue }
            let peer = Peer(descriptor: descriptor, number: countConnection()) { self.isStopped }
            Thread.detachNewThread {
                serve(peer)
                close(descriptor)
            }
        }
    }

    /// How many connections there were.
    var connections: Int { state.withLock { $0.connections } }

    func stop() { state.withLock { $0.stopped = true } }

    private var isStopped: Bool { state.withLock { $0.stopped } }

    private func countConnection() -> Int {
        state.withLock {
            $0.connections += 1
            return $0.connections
        }
    }

    /// Its configuration, with timeouts for a busy machine, and nearly no pause between attempts.
    var configuration: RedisConfiguration {
        var configuration = RedisConfiguration(host: "127.0.0.1")
        configuration.port = port
        configuration.connectTimeout = .seconds(10)
        configuration.commandTimeout = .seconds(10)
        configuration.breaker.minPause = .zero
        configuration.breaker.firstPause = .milliseconds(1)
        configuration.breaker.maxPause = .milliseconds(1)
        return configuration
    }
}

/// Holds up the thread of a scripted connection.
func pause(milliseconds: UInt32) { usleep(milliseconds * 1_000) }
