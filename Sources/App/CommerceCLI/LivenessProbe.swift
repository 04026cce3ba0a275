import CSystem
import Glibc

/// One blocking HTTP request on a raw socket, with a deadline for all of it.
struct LivenessProbe {
    /// A numeric address.
    let host: String
    let port: UInt16
    let seconds: UInt64

    /// - Parameter listening: what HOST says; the address of all interfaces stands for the machine's own.
    init(listening host: String, port: UInt16, seconds: UInt64) {
        self.host = host == "0.0.0.0" ? "127.0.0.1" : Self.isAny6(host) ? "::1" : host
        self.port = port
        self.seconds = seconds
    }

    /// `::` in any of its forms.
    private static func isAny6(_ host: String) -> Bool { host.contains(":") && host.allSatisfy { $0 == ":" || $0 == "0" } }

    private var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The status code that `GET /health/live` gets. Throws a ``Failure`` where there is no answer in time.
    func ask() throws -> Int {
        let deadline = csystem_monotonic() + seconds * 1_000_000_000
        let socket = csystem_connect(host, port)
        guard socket >= 0 else { throw failed("cannot connect", errno) }
        defer { close(socket) }
        try wait(socket, Int16(POLLOUT), until: deadline)
        let problem = csystem_socket_error(socket)
        guard problem == 0 else { throw failed("cannot connect", problem) }

        let request = Array("GET /health/live HTTP/1.1\r\nHost: \(authority)\r\nConnection: close\r\n\r\n".utf8)
        // So few bytes fit into a fresh socket's buffer at once.
        guard send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw failed("cannot send", errno)
        }
        // "HTTP/1.1 200": twelve bytes hold the status.
        var head: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 512)
        while head.count < 12 {
            try wait(socket, Int16(POLLIN), until: deadline)
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { throw Failure(.failure, "the service closed the connection without an answer") }
            head += buffer.prefix(count)
        }
        guard head.starts(with: "HTTP/1.".utf8), let status = Int(String(decoding: head[9..<12], as: UTF8.self)) else {
            throw Failure(.failure, "what answers at \(authority) is no HTTP server")
        }
        return status
    }

    private func wait(_ socket: Int32, _ events: Int16, until deadline: UInt64) throws {
        while true {
            let now = csystem_monotonic()
            guard now < deadline else { throw Failure(.failure, "no answer at \(authority) within \(seconds) s") }
            var watched = pollfd(fd: socket, events: events, revents: 0)
            if poll(&watched, 1, Int32(clamping: (deadline - now) / 1_000_000 + 1)) > 0 { return }
        }
    }

    private func failed(_ what: String, _ code: Int32) -> Failure {
        Failure(.failure, "\(what) to \(authority): \(String(cString: strerror(code)))")
    }
}
