import CSystem
import EventLoop
import Glibc

/// One connection of a client: one request at a time. Confined to its loop.
final class LoadConnection: DescriptorHandler {
    private let loop: EventLoop
    private let socket: Int32
    private var registration: Registration?
    private var isConnected = false
    private var outgoing: [UInt8] = []
    private var incoming: [UInt8] = []
    /// Whom to tell of the answer's status; 0 for none.
    private var answered: ((LoadConnection?, Int) -> Void)?

    init?(loop: EventLoop, port: UInt16) {
        self.loop = loop
        socket = csystem_connect("127.0.0.1", port)
        guard socket >= 0 else { return nil }
        registration = try? loop.register(socket, for: [.read, .write], handler: self)
        if registration == nil { return nil }
    }

    func send(_ request: [UInt8], _ answered: @escaping (LoadConnection?, Int) -> Void) {
        self.answered = answered
        outgoing = request
        if isConnected { flush() }
    }

    private func flush() {
        guard !outgoing.isEmpty else { return }
        let count = Glibc.send(socket, outgoing, outgoing.count, Int32(MSG_NOSIGNAL))
        // A request fits into any socket's buffer.
        if count == outgoing.count { outgoing = [] } else if count >= 0 || errno != EAGAIN { end() }
    }

    func descriptorReady(_ readiness: Readiness) {
        if !isConnected, readiness.contains(.write) {
            guard csystem_socket_error(socket) == 0 else { return end() }
            isConnected = true
            if let registration { loop.update(registration, to: .read) }
            flush()
        }
        if !readiness.isDisjoint(with: [.read, .hangup, .failure]) { receive() }
    }

    private func receive() {
        let before = incoming.count
        var count = 0
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            count = recv(socket, buffer.baseAddress, buffer.count, 0)
            if count > 0 { incoming.append(contentsOf: buffer.prefix(count)) }
        }
        guard count > 0 else {
            if count == 0 || errno != EAGAIN { end() }
            return
        }
        guard let status = status(from: max(0, before - 3)), let answered else { return }
        incoming.removeAll(keepingCapacity: true)
        self.answered = nil
        answered(self, status)
    }

    /// The status of an answer that is there whole.
    private func status(from start: Int) -> Int? {
        let end = Array("\r\n\r\n".utf8)
        guard incoming.count > 12, let head = incoming.firstRange(of: end)?.upperBound else { return nil }
        let text = String(decoding: incoming[..<head], as: UTF8.self)
        let field = "\r\nContent-Length: "
        guard let place = text.firstRange(of: field) else { return Int(text.dropFirst(9).prefix(3)) }
        let length = Int(text[place.upperBound...].prefix { $0.isNumber }) ?? 0
        return incoming.count >= head + length ? Int(text.dropFirst(9).prefix(3)) : nil
    }

    private func end() {
        guard let registration else { return }
        loop.deregister(registration)
        self.registration = nil
        close(socket)
        let answered = answered
        self.answered = nil
        answered?(nil, 0)
    }
}
