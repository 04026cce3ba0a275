import EventLoop
import Foundation
import TestSupport
import Testing

@testable import RedisClient

@Suite struct RedisAuthenticationTests {
    @Test func thePasswordOpensTheServer() async throws {
        let server = try await onOwnThread { try RedisServer(password: "hunter2") }
        try await withClient(.patient(server.url)) { client in
            try await client.set("k", [1], expiresIn: .seconds(60))
            #expect(try await client.get("k") == [1])
        }
    }

    @Test func aPasswordFromAFileIsReadAgainForEachConnection() async throws {
        let server = try await onOwnThread { try RedisServer(password: "hunter2") }
        let directory = try ScratchDirectory("password")
        let path = directory.path + "/redis"
        @Sendable func write(_ text: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        }
        try write("hunter2\n")
        var given = try RedisConfiguration.patient(server.url)
        given.password = nil
        given.passwordFile = path
        given.breaker.maxPause = .milliseconds(100)
        let configuration = given
        #expect(!"\(configuration)".contains("hunter"))
        try await withClient(configuration) { client in
            _ = try await client.ping()
            // Rotated at the server and in the file: open connections stay, new ones take the new password.
            try write("hunter3")
            _ = try await onOwnThread {
                try server.execute("CONFIG", "SET", "requirepass", "hunter3")
            }
            _ = try await client.ping()
            let first = try await client.send(["CLIENT", "ID"])
            _ = try? await client.send(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"])
            var second: RedisValue?
            for _ in 0..<3_000 where second == nil || second == first {
                try await client.loop.sleep(for: .milliseconds(10))
                second = try? await client.send(["CLIENT", "ID"])
            }
            #expect(second != nil && second != first)
        }
        // Without the file, the password that was read before is used.
        given.password = "hunter3"
        given.passwordFile = path + ".gone"
        try await withClient(given) { client in _ = try await client.ping() }
    }

    @Test func aUserAndPasswordOpenTheServer() async throws {
        let server = try await onOwnThread { try RedisServer() }
        _ = try await onOwnThread { try server.execute("ACL", "SETUSER", "app", "on", ">s e:c@ret", "~*", "+@all") }
        var configuration = try RedisConfiguration.patient(server.url)
        configuration.user = "app"
        configuration.password = "s e:c@ret"
        try await withClient(configuration) { client in
            let user = try await client.send(["ACL", "WHOAMI"])
            #expect(user == .string(Array("app".utf8)))
        }
    }

    @Test func aWrongPasswordIsLoggedOnceWithoutThePasswordAndRecoversWhenItIsRight() async throws {
        let server = try await onOwnThread { try RedisServer(password: "hunter2") }
        var configuration = try RedisConfiguration.patient(server.url)
        configuration.password = "hunter3"
        configuration.breaker.maxPause = .milliseconds(100)
        let log = JournalLog()
        try await withClient(configuration, logger: log.logger) { client in
            #expect(await client.errorOfGet()?.code == .authenticationFailed)
            #expect(await client.errorOfGet()?.code == .unavailable)
            try await expectEventually(client.loop) { client.statistics.failures > 3 }
            #expect(client.state.phase == .unavailable)
            #expect(client.state.lastError == RedisError(.authenticationFailed, "the user or password is wrong"))
            _ = try await onOwnThread { try server.execute("CONFIG", "SET", "requirepass", "hunter3") }
            try await expectEventually(client.loop) { client.state.phase == .connected }
            _ = try await client.ping()
        }
        #expect(log.all.count { $0.hasPrefix("error") } == 1)
        #expect(log.all.count { $0.hasPrefix("notice") } == 1)
        #expect(log.all.allSatisfy { !$0.contains("hunter") })
    }

    @Test func aMissingPasswordIsReported() async throws {
        let server = try await onOwnThread { try RedisServer(password: "hunter2") }
        var configuration = try RedisConfiguration.patient(server.url)
        configuration.password = nil
        try await withClient(configuration) { client in
            let error = await client.errorOfGet()
            #expect(error?.code == .authenticationFailed)
            #expect(error?.message.hasPrefix("NOAUTH") == true)
        }
    }

    @Test func aPasswordThatTheServerDoesNotHaveIsReported() async throws {
        let server = try await onOwnThread { try RedisServer() }
        var configuration = try RedisConfiguration.patient(server.url)
        configuration.password = "hunter2"
        try await withClient(configuration) { client in
            let error = await client.errorOfGet()
            #expect(error == RedisError(.authenticationFailed, "a password is set here but not on the server"))
        }
    }
}
