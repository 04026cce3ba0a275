import CSystem
import Foundation
import Synchronization

/// A TCP client that sends and reads exactly the bytes a test wants.
///
/// Its calls block until done or out of time; each has an `async` twin that waits without blocking the caller's thread.
/// One reader and one writer at a time; not to be closed under either.
package final class RawSocket: Sendable {
    private let descriptor: Mutex<Int32>

    /// Connects to an IPv4 or IPv6 address. Throws ``TestFailure`` if the connection is not accepted within `seconds`.
    package init(port: UInt16, address: String = "127.0.0.1", seconds: Double = 10) throws {
        let descriptor = csystem_connect(address, port)
        guard descriptor >= 0 else { throw TestFailure.system("connect to \(address):\(port)", errno) }
        self.descriptor = Mutex(descriptor)
        guard Self.ready(descriptor, POLLOUT, Deadline(seconds: seconds)) else {
            throw TestFailure("connect to \(address):\(port): no answer in \(seconds) s")
        }
        let failure = csystem_socket_error(descriptor)
        guard failure == 0 else { throw TestFailure.system("connect to \(address):\(port)", failure) }
    }

    deinit {
        close()
    }

    /// Sends all of `bytes`. Throws ``TestFailure`` where the peer is gone, or takes nothing for `seconds`.
    package func send(_ bytes: [UInt8], seconds: Double = 10) throws {
        let descriptor = descriptor.withLock { $0 }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                guard Self.ready(descriptor, POLLOUT, Deadline(seconds: seconds)) else {
                    throw TestFailure("send: stalled after \(sent) of \(bytes.count) bytes")
                }
            } else if errno != EINTR {
                throw TestFailure.system("send", errno)
            }
        }
    }

    /// Sends the text's UTF-8 bytes.
    package func send(_ text: String, seconds: Double = 10) throws {
        try send(Array(text.utf8), seconds: seconds)
    }

    /// What has arrived, at most `limit` bytes; waits for the first. Empty at the peer's end of sending.
    ///
    /// Throws ``TestFailure`` after `seconds` without a byte, or on a reset.
    package func receive(limit: Int = 65_536, seconds: Double = 10) throws -> [UInt8] {
        let descriptor = descriptor.withLock { $0 }
        let deadline = Deadline(seconds: seconds)
        var buffer = [UInt8](repeating: 0, count: limit)
        while true {
            let count = recv(descriptor, &buffer, limit, 0)
            if count >= 0 {
                return Array(buffer[..<count])
            } else if errno == EAGAIN {
                guard Self.ready(descriptor, POLLIN, deadline) else { throw TestFailure("receive: nothing in \(seconds) s") }
            } else if errno != EINTR {
                throw TestFailure.system("receive", errno)
            }
        }
    }

    /// Exactly `count` bytes. Throws ``TestFailure`` where they do not come within `seconds`.
    package func read(_ count: Int, seconds: Double = 10) throws -> [UInt8] {
        let deadline = Deadline(seconds: seconds)
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try receive(limit: count - bytes.count, seconds: deadline.seconds)
            guard !more.isEmpty else { throw TestFailure("read: the peer ended after \(bytes.count) of \(count) bytes") }
            bytes += more
        }
        return bytes
    }

    /// Everything until the peer ends. Throws ``TestFailure`` where it does not within `seconds`, or resets.
    package func readToEnd(seconds: Double = 10) throws -> [UInt8] {
        let deadline = Deadline(seconds: seconds)
        var bytes: [UInt8] = []
        while true {
            let more = try receive(seconds: deadline.seconds)
            if more.isEmpty { return bytes }
            bytes += more
        }
    }

    /// Everything that arrives until the peer ends, resets, or `seconds` are over, whichever comes first.
    package func readAvailable(seconds: Double = 0.3) -> [UInt8] {
        let deadline = Deadline(seconds: seconds)
        var bytes: [UInt8] = []
        while let more = try? receive(seconds: deadline.seconds), !more.isEmpty { bytes += more }
        return bytes
    }

    /// Whether the connection stands and nothing has arrived that is not read yet.
    package var isIdle: Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor.withLock { $0 }, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return count < 0 && errno == EAGAIN
    }

    /// Ends sending, and goes on receiving (FIN).
    package func finishSending() {
        _ = shutdown(descriptor.withLock { $0 }, Int32(SHUT_WR))
    }

    /// Makes the kernel hold no more than about so many received bytes, to play a slow reader; best before anything arrives.
    package func limitReceiveBuffer(_ bytes: Int32) {
        var size = bytes
        setsockopt(descriptor.withLock { $0 }, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Closes it. Again is harmless.
    package func close() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { _ = Glibc.close(descriptor) }
            descriptor = -1
        }
    }

    /// Breaks it off so that the peer sees a reset (RST).
    package func reset() {
        var hard = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor.withLock { $0 }, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    private static func ready(_ descriptor: Int32, _ event: Int32, _ deadline: Deadline) -> Bool {
        var watched = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        while true {
            let count = poll(&watched, 1, deadline.milliseconds)
            if count >= 0 || errno != EINTR { return count > 0 }
        }
    }
}
