import Foundation
import Testing
import TestSupport

/// The program as a container has it: as process 1, to which the kernel passes no signal that it does not listen to, or
/// as the child of an init that passes them on.
@Suite("As process 1")
struct ProcessOneTests {
    /// A process namespace of its own, in which the command is process 1.
    private static let namespace = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--"]

    /// What inits do: passes SIGTERM on, waits for its child, ends with its status.
    private static let initScript = """
        trap 'kill -TERM "$child"' TERM
        "$@" & child=$!
        while wait "$child"; status=$?; kill -0 "$child" 2>/dev/null; do :; done
        exit "$status"
        """

    private static let canUnshare =
        (try? Command.run(namespace + ["true"], environment: Command.plain, directory: "/", seconds: 20).status) == .exited(0)

    @Test(
        "SIGTERM drains and ends with 0, a second one is harmless",
        .enabled(if: canUnshare, "unshare(1) may make no process namespace here"), arguments: [false, true])
    func drain(underInit: Bool) async throws {
        let shop = try LifecycleShop()
        let files = try ScratchDirectory("process-one")
        let log = files.path + "/log", port = try FreePort.find()
        let serve = [try TestEnvironment.read().commerce, "serve"]
        let process = try ChildProcess(
            Self.namespace + (underInit ? ["bash", "-c", Self.initScript, "init"] : []) + serve,
            environment: Command.plain.merging([
                "DATABASE_URL": shop.database.url, "HOST": "127.0.0.1", "PORT": "\(port)", "LOG_FORMAT": "json", "LOOPS": "2",
                "DRAIN_DELAY": "2s", "MIGRATIONS_DIR": try TestEnvironment.read().root + "/migrations",
            ]) { $1 },
            output: log, error: log)
        let client = HTTPTestClient(port: port, seconds: 10)
        let ready = try await onOwnThread {
            Deadline(seconds: 60).poll(every: 50) { (try? client.request("GET", "/health").status) == 200 }
        }
        try #require(ready, "\(readText(log))")
        let one = try #require(ProcessTable.children(of: process.identifier).first)
        #expect(readText("/proc/\(one)/status").contains("NSpid:\t\(one)\t1\n"))

        kill(one, SIGTERM)
        let drains = try await onOwnThread {
            Deadline(seconds: 10).poll(every: 20) { (try? client.request("GET", "/health").status) == 503 }
        }
        #expect(drains)
        let answer = try await client.request("GET", "/v1/products/lamp")
        #expect(answer.status == 200 && answer.header("Connection") == "close")
        kill(one, SIGTERM)
        #expect(try await onOwnThread { try process.wait(seconds: 25) } == .exited(0))
        #expect(readText(log).contains("\"stopped\""))
    }
}
