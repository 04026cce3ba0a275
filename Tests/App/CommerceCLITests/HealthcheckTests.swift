import Foundation
import TestSupport
import Testing

@Suite("commerce healthcheck")
struct HealthcheckTests {
    /// A server that answers one connection with given bytes, or keeps silent, on a port of its own.
    private final class OneAnswer: Sendable {
        let port: UInt16
        private let listener: Int32

        init(_ answer: String?, address number: UInt32 = 0x7F00_0001) throws {
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = number.bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                    bind(listener, generic, length) == 0 && listen(listener, 4) == 0
                        && getsockname(listener, generic, &length) == 0
                }
            }
            guard bound else { throw TestFailure("cannot listen") }
            self.listener = listener
            port = UInt16(bigEndian: address.sin_port)
            guard let answer else { return }
            Thread.detachNewThread {
                let connection = accept(listener, nil, nil)
                var request = [UInt8](repeating: 0, count: 4_096)
                _ = recv(connection, &request, request.count, 0)
                let bytes = Array((answer.isEmpty ? "" : answer + "\r\n\r\n").utf8)
                // In two pieces, as a network may deliver it.
                _ = send(connection, bytes, min(5, bytes.count), Int32(MSG_NOSIGNAL))
                usleep(20_000)
                bytes.dropFirst(5).withUnsafeBytes { _ = send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                close(connection)
            }
        }

        deinit { close(listener) }
    }

    private func check(_ port: UInt16) throws -> Command {
        try ServiceProcess.run(["healthcheck"], environment: ["PORT": "\(port)"])
    }

    @Test(
        "The check asks the address in HOST, and this machine if HOST is every address",
        arguments: [
            (0x7F00_0002, "127.0.0.2", true), (0x7F00_0001, "0.0.0.0", true), (0x7F00_0001, "", true),
            (0x7F00_0002, "0.0.0.0", false),
            (0x7F00_0001, "127.0.0.2", false),
        ] as [(UInt32, String, Bool)])
    func host(address: UInt32, host: String, isAlive: Bool) throws {
        let server = try OneAnswer("HTTP/1.1 200 OK", address: address)
        let done = try ServiceProcess.run(["healthcheck"], environment: ["PORT": "\(server.port)", "HOST": host])
        #expect(done.status == .exited(isAlive ? 0 : 1), "\(done.error)")
    }

    /// No command's memory reaches a core file, whatever takes those: the environment of each may hold passwords.
    @Test("Every command keeps its memory out of core files", arguments: [["serve"], ["migrate", "up"]])
    func coreDumps(command: [String]) async throws {
        let silent = try OneAnswer(nil)
        let environment = ["DATABASE_URL": "postgresql://shop@127.0.0.1:\(silent.port)/shop", "DRAIN_DELAY": "0s"]
        let process = try await onOwnThread {
            try ServiceProcess(command, environment: environment, ready: false)
        }
        @Sendable func proc(_ file: String) -> String { readText("/proc/\(process.identifier)/" + file) }
        let isSet = try await onOwnThread {
            Deadline(seconds: 20).poll(every: 5) { proc("coredump_filter").hasPrefix("00000000") || process.exitStatus != nil }
        }
        #expect(isSet)
        #expect(proc("coredump_filter") == "00000000\n")
        #expect(proc("limits").contains(#/Max core file size +0 +0 /#))
        process.kill()
    }

    @Test("A service that answers 200 is alive")
    func alive() throws {
        let server = try OneAnswer("HTTP/1.1 200 OK")
        let done = try check(server.port)
        #expect(done.status == .exited(0))
        #expect(done.error.isEmpty)
    }

    @Test(
        "Another answer, no answer in time, or no listener is exit code 1 and one line",
        arguments: [
            "HTTP/1.1 503 Service Unavailable", "SSH-2.0-OpenSSH_9.2", "HTTP/1.1", "",
        ])
    func unwell(answer: String) throws {
        let server = try OneAnswer(answer)
        let done = try check(server.port)
        #expect(done.status == .exited(1))
        #expect(done.error.split(separator: "\n").count == 1)
    }

    @Test("A service that keeps silent is given up after a few seconds")
    func silent() throws {
        let server = try OneAnswer(nil)
        let done = try check(server.port)
        #expect(done.status == .exited(1))
        #expect(done.error.contains("no answer"))
    }

    @Test("No listener on the port")
    func noListener() throws {
        let done = try check(try FreePort.find())
        #expect(done.status == .exited(1))
        #expect(done.error.contains("refused"))
    }
}
