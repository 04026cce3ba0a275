import Foundation
import Testing
import TestSupport

/// More clients than the process has descriptors for: it refuses some, does not spin, goes on, and serves all again once
/// they are gone.
@Suite("Without descriptors")
struct DescriptorTests {
    @Test("a low limit of open files keeps clients out, and the rest is served")
    func lowLimit() async throws {
        let shop = try LifecycleShop()
        let files = try ScratchDirectory("descriptors")
        let test = try TestEnvironment.read(), port = try FreePort.find()
        let process = try ChildProcess(
            ["bash", "-c", "ulimit -n 200; exec '\(test.commerce)' serve"],
            environment: Command.plain.merging([
                "DATABASE_URL": shop.database.url, "HOST": "127.0.0.1", "PORT": "\(port)", "LOG_FORMAT": "json", "LOOPS": "2",
                "DRAIN_DELAY": "0s", "MIGRATIONS_DIR": test.root + "/migrations",
                // As a proxy's, idle connections are not closed for new ones.
                "TRUSTED_PROXIES": "127.0.0.1",
            ]) { $1 },
            output: files.path + "/log", error: files.path + "/log")
        let ready = try await onOwnThread {
            Deadline(seconds: 60).poll(every: 50) {
                (try? HTTPTestClient(port: port, seconds: 5).request("GET", "/health").status) == 200
            }
        }
        try #require(ready, "\(readText(files.path + "/log"))")
        try await onOwnThread { try Self.crowd(of: 300, on: port, process: process.identifier) }
        process.send(signal: SIGTERM)
        #expect(try await onOwnThread { try process.wait(seconds: 30) } == .exited(0))
    }

    /// Its limit falls to what it has open, so that accept(2) itself finds none left.
    @Test("where there is none at all it refuses, neither ends nor spins, and serves once there are some")
    func none() async throws {
        let shop = try LifecycleShop()
        let service = try await shop.serve(["DRAIN_DELAY": "0s", "TRUSTED_PROXIES": "127.0.0.1"])
        try await service.waitForHealth("ok")
        let process = service.identifier
        try Command.check(["prlimit", "--pid", "\(process)", "--nofile=\(Self.descriptors(of: process).count):"])
        try await onOwnThread { try Self.crowd(of: 100, on: service.port, process: process, seconds: 3) }
        #expect(service.exitStatus == nil)
        try Command.check(["prlimit", "--pid", "\(process)", "--nofile=1000:"])
        #expect(try await service.client().request("GET", "/v1/products/lamp").status == 200)
        #expect(try await onOwnThread { try service.terminate() } == .exited(0))
        #expect(service.standardOutput.contains("no descriptor left"))
    }

    /// So many clients that stay, again and again for so long: each has an answer, some a 503; then all go.
    private static func crowd(of count: Int, on port: UInt16, process: pid_t, seconds: Double = 0) throws {
        let deadline = Deadline(seconds: seconds)
        repeat {
            var served = 0, refused = 0
            var clients: [HTTPTestClient] = []
            for _ in 0..<count {
                let client = HTTPTestClient(port: port, seconds: 10)
                let status = try client.request("GET", "/health/live").status
                if status == 200 { served += 1 } else if status == 503 { refused += 1 }
                clients.append(client)
            }
            #expect(served + refused == count && refused > 0)
            if deadline.isOver {
                let before = cpu(of: process)
                sleep(2)
                #expect(cpu(of: process) - before < 1, "it spins")
            }
            for client in clients { client.close() }
        } while !deadline.isOver
        let again = Deadline(seconds: 10).poll(every: 50) {
            (try? HTTPTestClient(port: port, seconds: 5).request("GET", "/health/live").status) != nil
        }
        #expect(again)
    }

    private static func descriptors(of process: pid_t) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")) ?? []
    }

    /// Seconds of user and system time so far.
    private static func cpu(of process: pid_t) -> Double {
        let text = readText("/proc/\(process)/stat")
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
