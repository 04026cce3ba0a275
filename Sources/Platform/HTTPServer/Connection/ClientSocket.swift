import CSystem
import EventLoop
import Glibc
import TLS

/// The socket of a connection: what the loop watches it for, and its encryption.
struct ClientSocket {
    private let descriptor: Int32
    /// Nil where the connection is not encrypted.
    private let tls: TLSSession?
    private var registration: Registration?
    /// The events that are watched for, as epoll's bits.
    private var watched = EPOLLIN.rawValue

    init(_ descriptor: Int32, tls: TLSSession?) {
        self.descriptor = descriptor
        self.tls = tls
    }

    var isEncrypted: Bool { tls != nil }
    /// Whether the TLS handshake waits until the socket accepts more.
    var wantsToWrite: Bool { tls?.wantsToWrite == true }

    /// Starts watching; whether that succeeded.
    mutating func watch(on loop: EventLoop, _ handler: any DescriptorHandler) -> Bool {
        registration = try? loop.register(descriptor, for: .read, handler: handler)
        return registration != nil
    }

    /// Watches for these events from now on.
    mutating func watch(reading: Bool, writing: Bool, on loop: EventLoop) {
        var interest: UInt32 = reading ? EPOLLIN.rawValue : 0
        if writing || wantsToWrite { interest |= EPOLLOUT.rawValue }
        guard interest != watched, let registration else { return }
        watched = interest
        loop.update(registration, to: Readiness(rawValue: interest))
    }

    /// Reads at most `limit` bytes into the buffer, and decrypts them. The result is that of recv(2): 0 at the end, -1 with errno.
    func receive(into buffer: UnsafeMutableRawBufferPointer, limit: Int, _ metrics: ServerMetrics) -> Int {
        guard let tls else { return recv(descriptor, buffer.baseAddress, min(buffer.count, limit), 0) }
        let wasEstablished = tls.isEstablished
        let result = tls.read(into: buffer)
        if !wasEstablished, tls.isEstablished { metrics.shookHands.increment() }
        switch result {
        case .bytes(let count): return count
        case .ended: return 0
        case .blocked: errno = EAGAIN
        case .failed:
            if !tls.isEstablished { metrics.failedToShakeHands.increment() }
            errno = ECONNRESET
        }
        return -1
    }

    /// Sends what waits, as far as the socket accepts it.
    func send(_ output: inout ResponseOutput, _ group: ConnectionGroup) -> OutputQueue.Progress {
        output.send(to: descriptor, through: tls, group)
    }

    /// Ends the server's side, and leaves the client's open.
    func endOutput() {
        tls?.end()
        shutdown(descriptor, Int32(SHUT_WR))
    }

    func close(on loop: EventLoop) {
        if let registration { loop.deregister(registration) }
        Glibc.close(descriptor)
    }
}
