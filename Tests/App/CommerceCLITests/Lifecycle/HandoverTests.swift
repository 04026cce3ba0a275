import CSystem
import Foundation
import Testing
import TestSupport

/// A listening socket handed over by the parent process (LISTEN_FDS, as systemd does): one process after another takes
/// its place, and no client notices.
@Suite("A socket handed over")
struct HandoverTests {
    /// Starts the program with a descriptor of this process as its descriptor 3.
    private func start(
        _ listener: Int32, _ shop: LifecycleShop, log: String, process: String = "$$", _ settings: [String: String] = [:]
    ) throws -> ChildProcess {
        let program = try TestEnvironment.read().commerce
        // Open to the child alone, and only until it is started.
        _ = fcntl(listener, F_SETFD, 0)
        defer { _ = fcntl(listener, F_SETFD, FD_CLOEXEC) }
        let script = "export LISTEN_PID=\(process) LISTEN_FDS=1; exec '\(program)' serve 3<&\(listener) \(listener)<&-"
        return try ChildProcess(
            ["bash", "-c", script],
            environment: Command.plain.merging(
                [
                    "DATABASE_URL": shop.database.url, "HOST": "127.0.0.1", "PORT": "1", "LOOPS": "2", "LOG_FORMAT": "json",
                    "DRAIN_DELAY": "300ms",
                ].merging(settings) { $1 }
            ) { $1 },
            output: log, error: log, inheriting: listener)
    }

    @Test("six processes in turn serve it without a failed request")
    func succession() async throws {
        let shop = try LifecycleShop()
        let files = try ScratchDirectory("handover")
        let listener = csystem_listen("127.0.0.1", 0, 1_024)
        try #require(listener >= 0)
        defer { close(listener) }
        let port = csystem_local_port(listener)
        // Each finds it taken by the one before.
        let metrics = try FreePort.find()
        // Before anybody serves, clients wait in the socket's queue.
        let traffic = Task {
            var answers: [Int] = []
            while !Task.isCancelled {
                answers.append(try await HTTPTestClient(port: port, seconds: 30).request("GET", "/v1/products/lamp").status)
            }
            return answers
        }
        var running: ChildProcess?
        for number in 0..<6 {
            let successor = try start(listener, shop, log: files.path + "/\(number)", ["METRICS_PORT": "\(metrics)"])
            let ready = Deadline(seconds: 30).poll(every: 20) {
                readText(files.path + "/\(number)").contains("postgres answers") || successor.exitStatus != nil
            }
            #expect(ready, "\(readText(files.path + "/\(number)"))")
            running?.send(signal: SIGTERM)
            if let before = running { #expect(try await onOwnThread { try before.wait(seconds: 30) } == .exited(0)) }
            running = successor
            try await Task.sleep(for: .milliseconds(200))
        }
        traffic.cancel()
        let answers = try await traffic.value
        #expect(answers.count > 100)
        #expect(answers.allSatisfy { $0 == 200 }, "\(answers.filter { $0 != 200 })")
        let last = try #require(running)
        let succeeded = try await onOwnThread {
            Deadline(seconds: 20).poll(every: 50) {
                (try? HTTPTestClient(port: metrics, seconds: 5).request("GET", "/metrics").status) == 200
            }
        }
        #expect(succeeded, "the last has the metrics' port")
        last.send(signal: SIGTERM)
        #expect(try await onOwnThread { try last.wait(seconds: 30) } == .exited(0))
    }

    @Test("a descriptor that does not listen is reported in one line; one meant for another process is left alone")
    func faults() async throws {
        let shop = try LifecycleShop()
        let files = try ScratchDirectory("handover")
        let notListening = open("/dev/null", O_RDONLY)
        try #require(notListening >= 0)
        defer { close(notListening) }
        let refused = try start(notListening, shop, log: files.path + "/refused")
        #expect(try await onOwnThread { try refused.wait(seconds: 30) } == .exited(69))
        #expect(readText(files.path + "/refused").contains("commerce: cannot listen on the socket that was handed over"))
        // Port 1 of an ordinary machine can be had by root alone, so either outcome shows that HOST and PORT were what it went by.
        let stranger = try start(notListening, shop, log: files.path + "/stranger", process: "1")
        let told = Deadline(seconds: 30).poll(every: 20) {
            let log = readText(files.path + "/stranger")
            return log.contains(#""port":1"#) || log.contains("cannot listen on 127.0.0.1:1")
        }
        #expect(told, "\(readText(files.path + "/stranger"))")
        stranger.send(signal: SIGKILL)
    }
}
