import Foundation

/// A reverse proxy for HTTP/1.1 on 127.0.0.1, as load balancers and content networks are: it knows where a request comes from,
/// changes its fields, and sends it on from an address of its own. One request a connection.
package final class ForwardingProxy: Sendable {
    package typealias Fields = [(name: String, value: [UInt8])]
    /// What becomes of a request's fields, given the client's address and port.
    package typealias Rewrite = @Sendable (_ fields: Fields, _ client: String, _ port: UInt16) -> Fields

    /// Where clients connect.
    package let port: UInt16
    private let listener: Int32

    /// - Parameters:
    ///   - source: the address that it sends requests on from, one of 127.0.0.0/8
    ///   - upstream: the port on 127.0.0.1 that it sends them to
    package init(from source: String, to upstream: UInt16, _ rewrite: @escaping Rewrite) throws {
        let (listener, port) = try Self.listen()
        self.listener = listener
        self.port = port
        Thread.detachNewThread {
            while true {
                var address = sockaddr_in()
                var length = socklen_t(MemoryLayout<sockaddr_in>.size)
                let client = withUnsafeMutablePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { accept(listener, $0, &length) }
                }
                guard client >= 0 else { close(listener); return }
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                let peer = String(cString: inet_ntoa(address.sin_addr)), peerPort = UInt16(bigEndian: address.sin_port)
                Thread.detachNewThread {
                    defer { close(client) }
                    try? Self.forward(client, source, upstream) { rewrite($0, peer, peerPort) }
                }
            }
        }
    }

    // The thread that waits there closes it.
    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    /// Adds an entry to X-Forwarded-For behind those that came, in one line, as Application Load Balancers and CloudFront do.
    package static func appending(_ client: String, to fields: Fields) -> Fields {
        let came = fields.filter { $0.name.lowercased() == "x-forwarded-for" }.map(\.value)
        let line = Array((came + [Array(client.utf8)]).joined(separator: Array(", ".utf8)))
        return fields.filter { $0.name.lowercased() != "x-forwarded-for" } + [("X-Forwarded-For", line)]
    }

    /// One request from an address of 127.0.0.0/8, as a client of its own; its answer up to the connection's end.
    package static func request(
        from source: String, to port: UInt16, _ method: String, _ path: String, _ fields: Fields = []
    ) throws -> String {
        let server = try connect(from: source, to: port)
        defer { close(server) }
        var bytes = Array("\(method) \(path) HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n".utf8)
        for (name, value) in fields { bytes += Array("\(name): ".utf8) + value + Array("\r\n".utf8) }
        try send(bytes + Array("\r\n".utf8), on: server)
        var answer: [UInt8] = []
        while let more = try receive(from: server) { answer += more }
        return String(decoding: answer, as: UTF8.self)
    }

    private static func forward(_ client: Int32, _ source: String, _ upstream: UInt16, _ rewrite: (Fields) -> Fields) throws {
        var bytes: [UInt8] = []
        let blank = Array("\r\n\r\n".utf8)
        while bytes.firstRange(of: blank) == nil {
            guard let more = try receive(from: client) else { return }
            bytes += more
        }
        guard let end = bytes.firstRange(of: blank) else { return }
        let lines = bytes[..<end.lowerBound].split(separator: Array("\r\n".utf8))
        let fields = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
            let value = line[colon...].dropFirst().drop { $0 == 0x20 }
            return (name: String(decoding: line[..<colon], as: UTF8.self), value: Array(value))
        }
        let server = try connect(from: source, to: upstream)
        defer { close(server) }
        var head = Array(lines.first ?? [])
        for (name, value) in rewrite(fields) { head += Array("\r\n\(name): ".utf8) + value }
        try send(head + blank + bytes[end.upperBound...], on: server)
        while let more = try receive(from: server) { try send(more, on: client) }
    }

    // MARK: Sockets

    private static func address(_ text: String, _ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr(text)
        address.sin_port = port.bigEndian
        return address
    }

    private static func with<Value>(_ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Value) -> Value {
        withUnsafeMutablePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
    }

    private static func open() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure.system("socket", errno) }
        return descriptor
    }

    private static let size = socklen_t(MemoryLayout<sockaddr_in>.size)

    private static func listen() throws -> (Int32, UInt16) {
        let listener = try open()
        var place = address("127.0.0.1", 0), length = size
        let isDone = with(&place) {
            bind(listener, $0, size) == 0 && Glibc.listen(listener, 128) == 0 && getsockname(listener, $0, &length) == 0
        }
        guard isDone else { throw TestFailure.system("listen", errno) }
        return (listener, UInt16(bigEndian: place.sin_port))
    }

    private static func connect(from source: String, to port: UInt16) throws -> Int32 {
        let descriptor = try open()
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var own = address(source, 0), other = address("127.0.0.1", port)
        guard with(&own, { bind(descriptor, $0, size) == 0 }), with(&other, { Glibc.connect(descriptor, $0, size) == 0 }) else {
            close(descriptor)
            throw TestFailure.system("connect from \(source) to \(port)", errno)
        }
        return descriptor
    }

    private static func send(_ bytes: [UInt8], on descriptor: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw TestFailure.system("send", errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Nil at the end.
    private static func receive(from descriptor: Int32) throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw TestFailure.system("receive", errno) }
            return count == 0 ? nil : Array(buffer[..<count])
        }
    }
}
