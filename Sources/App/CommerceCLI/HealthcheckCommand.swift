import ArgumentParser
import CSystem
import Glibc

/// `commerce healthcheck`, for the container runtime: the image has no curl.
struct HealthcheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Checks that the service or worker on this machine is alive. The exit code is 0 or 1.",
        discussion:
            "Sends GET /health/live to HOST (to this machine if it is 0.0.0.0 or ::, or not set) and PORT (default "
            + "8080), or WORKER_PORT (default 8081) of a worker, and waits at most 3 seconds.")

    @Flag(help: "Check a worker: `commerce worker`.")
    var worker = false

    func run() throws {
        let name = worker ? "WORKER_PORT" : "PORT"
        let text = Environment.variables[name].flatMap { $0.isEmpty ? nil : $0 } ?? (worker ? "8081" : "8080")
        let host = Environment.variables["HOST"].flatMap { $0.isEmpty ? nil : $0 } ?? "0.0.0.0"
        guard let port = UInt16(text), port > 0 else {
            throw CommandError(.configuration, "\(name) is not a port number")
        }
        let answer = try LivenessProbe(listening: host, port: port, seconds: 3).run()
        guard answer == 200 else { throw CommandError(.failure, "the \(worker ? "worker" : "service") answers \(answer)") }
    }
}

/// One blocking HTTP request on a socket, with one deadline for connecting, sending and receiving.
struct LivenessProbe {
    /// A numeric address.
    let host: String
    let port: UInt16
    let seconds: UInt64

    /// - Parameter host: The value of HOST; for the address of all interfaces, the check uses the loopback address.
    init(listening host: String, port: UInt16, seconds: UInt64) {
        self.host = host == "0.0.0.0" ? "127.0.0.1" : Self.isAny6(host) ? "::1" : host
        self.port = port
        self.seconds = seconds
    }

    /// Whether the address is `::` in any form.
    private static func isAny6(_ host: String) -> Bool { host.contains(":") && host.allSatisfy { $0 == ":" || $0 == "0" } }

    private var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Returns the status code of `GET /health/live`.
    /// - Throws: ``CommandError`` without a response in time.
    func run() throws -> Int {
        let deadline = csystem_monotonic() + seconds * 1_000_000_000
        let socket = csystem_connect(host, port)
        guard socket >= 0 else { throw failed("cannot connect", errno) }
        defer { close(socket) }
        try wait(socket, Int16(POLLOUT), until: deadline)
        let problem = csystem_socket_error(socket)
        guard problem == 0 else { throw failed("cannot connect", problem) }

        let request = Array("GET /health/live HTTP/1.1\r\nHost: \(authority)\r\nConnection: close\r\n\r\n".utf8)
        // The buffer of a new socket takes so few bytes at once.
        guard send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw failed("cannot send", errno)
        }
        // The status is in the first twelve bytes: "HTTP/1.1 200".
        var head: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 512)
        while head.count < 12 {
            try wait(socket, Int16(POLLIN), until: deadline)
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { throw CommandError(.failure, "the service closed the connection without an answer") }
            head += buffer.prefix(count)
        }
        guard head.starts(with: "HTTP/1.".utf8), let status = Int(String(decoding: head[9..<12], as: UTF8.self)) else {
            throw CommandError(.failure, "what answers at \(authority) is no HTTP server")
        }
        return status
    }

    private func wait(_ socket: Int32, _ events: Int16, until deadline: UInt64) throws {
        while true {
            let now = csystem_monotonic()
            guard now < deadline else { throw CommandError(.failure, "no answer at \(authority) within \(seconds) s") }
            var watched = pollfd(fd: socket, events: events, revents: 0)
            if poll(&watched, 1, Int32(clamping: (deadline - now) / 1_000_000 + 1)) > 0 { return }
        }
    }

    private func failed(_ what: String, _ code: Int32) -> CommandError {
        CommandError(.failure, "\(what) to \(authority): \(String(cString: strerror(code)))")
    }
}
