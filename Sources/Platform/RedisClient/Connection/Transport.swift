import CSystem
import EventLoop
import Glibc
import TLS

/// A stream of bytes to and from a server: a non-blocking socket, encrypted or not. Used once, on its loop.
final class Transport: DescriptorHandler {
    private enum Phase { case idle, connecting, securing, open, closed }

    /// How much is read in one turn before the loop's other sockets are served, in bytes.
    private static let fairShare = 1 << 20
    /// How much is encrypted ahead of the socket, in bytes.
    private static let encryptedAhead = 256 << 10

    private let loop: EventLoop
    private weak var owner: (any TransportOwner)?
    private let tls: TLSSession?
    private let port: UInt16
    private var addresses: ArraySlice<String>
    private var phase = Phase.idle
    private var descriptor: Int32 = -1
    private var registration: Registration?
    private var plain = OutputBuffer()
    private var wire = OutputBuffer()
    private let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private let decrypted: UnsafeMutableRawBufferPointer?

    /// - Parameter addresses: numeric, tried one after the other.
    init(loop: EventLoop, owner: any TransportOwner, addresses: [String], port: UInt16, tls: TLSSession?) {
        self.loop = loop
        self.owner = owner
        self.addresses = addresses[...]
        self.port = port
        self.tls = tls
        decrypted = tls == nil ? nil : .allocate(byteCount: 16 << 10, alignment: 16)
    }

    deinit {
        chunk.deallocate()
        decrypted?.deallocate()
    }

    /// How many bytes wait to be sent.
    var unsent: Int { plain.count + wire.count }

    /// Starts connecting; the owner is notified of the result, never during this call.
    func connect() {
        guard phase == .idle else { return }
        phase = .connecting
        connectNext(RedisError(.connectFailed, "no address"))
    }

    /// Takes over `bytes` and sends as much as the socket takes; the rest follows by itself. The owner may be notified of the
    /// transport's failure during this call, so `bytes` must be no state of the owner's.
    func send(_ bytes: inout [UInt8]) {
        take(&bytes)
        flush()
    }

    /// Takes over `bytes` for the next ``flush()``.
    func take(_ bytes: inout [UInt8]) {
        if phase == .open { plain.take(&bytes) }
    }

    /// Receives what has already arrived. For a timer that is about to report that nothing has.
    func receiveNow() {
        if phase == .open { receive() }
    }

    /// Closes it without notifying the owner.
    func close() {
        guard phase != .closed else { return }
        if phase == .open, let tls {
            tls.end()
            tls.takeOutput { wire.append($0) }
            _ = writeWire()
        }
        phase = .closed
        dropSocket()
    }

    // MARK: Connecting

    private func connectNext(_ error: RedisError) {
        dropSocket()
        guard let address = addresses.popFirst() else { return failSoon(error) }
        descriptor = csystem_connect(address, port)
        guard descriptor >= 0 else { return connectNext(Self.failure(SystemError("connect"), address)) }
        attempted = address
        do throws(SystemError) {
            registration = try loop.register(descriptor, for: [.read, .write], handler: self)
        } catch {
            connectNext(Self.failure(error, address))
        }
    }

    private var attempted = ""

    private static func failure(_ error: SystemError, _ address: String) -> RedisError {
        RedisError(.connectFailed, "\(address): \(error)")
    }

    private func finishConnecting() {
        let number = csystem_socket_error(descriptor)
        guard number == 0 else { return connectNext(Self.failure(SystemError("connect", number: number), attempted)) }
        if let registration { loop.update(registration, to: .read) }
        guard tls != nil else { return opened() }
        phase = .securing
        secure()
    }

    private func secure() {
        guard let tls else { return }
        var isDone = false
        var refused: RedisError?
        do throws(TLSError) { isDone = try tls.handshake() } catch { refused = RedisError(.connectFailed, error.description) }
        // The peer gets the alert too.
        tls.takeOutput { wire.append($0) }
        let wrote = writeWire()
        if let error = refused ?? wrote { return fail(error) }
        if isDone { opened() }
    }

    private func opened() {
        phase = .open
        owner?.transportOpened()
    }

    // MARK: Events

    func descriptorReady(_ readiness: Readiness) {
        // The owner is gone.
        guard owner != nil else { return close() }
        if phase == .connecting {
            guard !readiness.isDisjoint(with: [.write, .failure, .hangup]) else { return }
            return finishConnecting()
        }
        if readiness.contains(.write) { flush() }
        if !readiness.isDisjoint(with: [.read, .peerClosed, .hangup, .failure]) { receive() }
    }

    private func receive() {
        var share = Self.fairShare
        while share > 0, phase == .open || phase == .securing {
            let count = recv(descriptor, chunk.baseAddress, chunk.count, 0)
            if count > 0 {
                share -= count
                received(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
                // Level-triggered: the loop reports what arrives later.
                if count < chunk.count { return }
            } else if count == 0 {
                return fail(RedisError(.connectionLost, "the server closed the connection"))
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                return fail(RedisError(.connectionLost, "\(SystemError("recv"))"))
            }
        }
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        guard let tls, let decrypted else {
            owner?.transportReceived(bytes)
            return
        }
        do throws(TLSError) {
            try tls.feed(bytes)
        } catch {
            return fail(RedisError(.connectFailed, error.description))
        }
        if phase == .securing { secure() }
        reading: while phase == .open {
            switch tls.read(into: decrypted) {
            case .bytes(let count): owner?.transportReceived(UnsafeRawBufferPointer(rebasing: decrypted[..<count]))
            case .blocked: break reading
            case .ended: return fail(RedisError(.connectionLost, "the server closed the connection"))
            case .failed(let error): return fail(RedisError(.connectionLost, error.description))
            }
        }
        // TLS messages, and data that had to wait for the peer.
        if phase == .open { flush() }
    }

    // MARK: Sending

    /// Sends as much as the socket takes; the rest follows by itself. The owner may be notified of a failure during this call.
    func flush() {
        guard phase == .open || phase == .securing else { return }
        guard let tls else {
            if let error = write(&plain) { fail(error) }
            return
        }
        var error: RedisError?
        repeat {
            var stuck = false
            while phase == .open, !stuck, error == nil, !plain.isEmpty, wire.count < Self.encryptedAhead {
                plain.send { bytes in
                    do throws(TLSError) {
                        let count = try tls.write(bytes)
                        stuck = count == 0
                        return count
                    } catch let failure {
                        error = RedisError(.connectionLost, failure.description)
                        return 0
                    }
                }
                tls.takeOutput { wire.append($0) }
            }
            tls.takeOutput { wire.append($0) }
            error = error ?? writeWire()
            if let error { return fail(error) }
            if stuck { return }
        } while phase == .open && wire.isEmpty && !plain.isEmpty
    }

    private func writeWire() -> RedisError? { write(&wire) }

    /// Sends until the socket is full, and then waits for it to be writable.
    private func write(_ buffer: inout OutputBuffer) -> RedisError? {
        var failure: RedisError?
        var full = false
        while !buffer.isEmpty, !full, failure == nil {
            buffer.send { bytes in
                let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
                if count >= 0 { return count }
                if errno == EAGAIN {
                    full = true
                } else if errno != EINTR {
                    failure = RedisError(.connectionLost, "\(SystemError("send"))")
                }
                return 0
            }
        }
        if let registration { loop.update(registration, to: buffer.isEmpty ? .read : [.read, .write]) }
        return failure
    }

    // MARK: Ending

    private func failSoon(_ error: RedisError) {
        // After this call: connect() has not returned yet.
        loop.atTurnEnd { [self] in fail(error) }
    }

    private func fail(_ error: RedisError) {
        guard phase != .closed else { return }
        phase = .closed
        dropSocket()
        owner?.transportFailed(error)
    }

    private func dropSocket() {
        if let registration { loop.deregister(registration) }
        registration = nil
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }
}

/// The owner of a ``Transport``, which notifies it. All on the loop.
protocol TransportOwner: AnyObject {
    /// The transport is connected, and encrypted where that is configured.
    func transportOpened()
    /// Bytes from the peer, only valid during the call.
    func transportReceived(_ bytes: UnsafeRawBufferPointer)
    /// The transport has failed. The last call, and not made where the owner closed it.
    func transportFailed(_ error: RedisError)
}

/// Bytes that wait to be sent; those before `head` are sent already.
struct OutputBuffer {
    /// The capacity that an empty buffer keeps, in bytes.
    private static let kept = 256 << 10

    private(set) var bytes: [UInt8] = []
    private var head = 0

    var count: Int { bytes.count - head }
    var isEmpty: Bool { count == 0 }

    /// Takes over all of `other`, which is left empty; without a copy where this buffer is empty.
    mutating func take(_ other: inout [UInt8]) {
        if isEmpty {
            reset()
            swap(&bytes, &other)
        } else {
            bytes.append(contentsOf: other)
            other.removeAll(keepingCapacity: true)
        }
    }

    mutating func append(_ other: UnsafeRawBufferPointer) { bytes.append(contentsOf: other) }

    /// Passes the bytes that wait to `body`, which returns how many of them it has sent.
    mutating func send(_ body: (UnsafeRawBufferPointer) -> Int) {
        let sent = bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[head...])) }
        head = min(bytes.count, head + max(0, sent))
        if head == bytes.count { reset() }
    }

    private mutating func reset() {
        head = 0
        if bytes.capacity > Self.kept { bytes = [] } else { bytes.removeAll(keepingCapacity: true) }
    }
}
