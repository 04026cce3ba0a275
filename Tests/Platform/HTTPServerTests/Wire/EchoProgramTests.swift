import Foundation
import Testing
import TestSupport

@Suite struct EchoProgramTests {
    @Test func bodiesAndFieldsAreEchoedAndASignalEndsTheProgram() async throws {
        let programs = URL(filePath: try TestEnvironment.read().commerce).deletingLastPathComponent()
        let port = try FreePort.find()
        let process = try ChildProcess([programs.appending(path: "echo").path, String(port)], environment: [:])
        let client = HTTPTestClient(port: port)
        #expect(Deadline(seconds: 20).poll { (try? client.request("GET", "/").status) == 200 })
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            #expect(try await client.request(method, "/", body: Array("hello".utf8)).text == "hello")
        }
        let head = try await client.request("HEAD", "/", body: Array("hello".utf8))
        #expect(head.header("Content-Length") == "5" && head.body.isEmpty)
        let fields = try await client.request("GET", "/echo", headers: [("X-One", "a"), ("x-one", "b: c")])
        #expect(fields.text.contains("X-One: a\nx-one: b: c\n"))
        #expect(fields.text.contains("Host: "))
        #expect(try await client.request("GET", "/nowhere").status == 404)
        process.send(signal: SIGTERM)
        #expect(try process.wait(seconds: 20) == .exited(0))
    }

    @Test func withoutAPortItPrintsItsUsage() throws {
        let programs = URL(filePath: try TestEnvironment.read().commerce).deletingLastPathComponent()
        let process = try ChildProcess([programs.appending(path: "echo").path], environment: [:])
        #expect(try process.wait(seconds: 20) == .exited(64))
    }
}
