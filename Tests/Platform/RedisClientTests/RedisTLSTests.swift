import EventLoop
import TestSupport
import Testing

@testable import RedisClient

@Suite struct RedisTLSTests {
    private func configuration(_ server: RedisServer) throws -> RedisConfiguration {
        var configuration = try RedisConfiguration.patient(server.url)
        configuration.tls?.authorityFile = server.certificateAuthority
        return configuration
    }

    private func error(_ configuration: RedisConfiguration) async throws -> RedisError? {
        try await withClient(configuration) { client in await client.errorOfPing() }
    }

    @Test(arguments: ["TLSv1.2", "TLSv1.3"])
    func valuesOfAllSizesAndManyCommandsPassThrough(version: String) async throws {
        let server = try await onOwnThread {
            try RedisServer(password: "hunter2", tls: true, settings: ["tls-protocols": version])
        }
        try await withClient(configuration(server)) { client in
            for size in [0, 1, 16_383, 16_384, 16_385, 1 << 20, 5 << 20] {
                let value = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                try await client.set("k", value, expiresIn: .seconds(60))
                #expect(try await client.get("k") == value)
            }
            let done = Promise<Void>(on: client.loop)
            var (missing, wrong) = (10_000, 0)
            for number in 0..<10_000 {
                client.loop.run {
                    let reply = try? await client.send(["ECHO", .integer(Int64(number))])
                    if reply != .string(Array("\(number)".utf8)) { wrong += 1 }
                    missing -= 1
                    if missing == 0 { done.succeed(()) }
                }
            }
            try await done.value()
            #expect(wrong == 0)
            #expect(client.statistics.connections == 1)
        }
    }

    @Test func manyLargeValuesAtOnceGoBothWays() async throws {
        let server = try await onOwnThread { try RedisServer(tls: true) }
        try await withClient(configuration(server)) { client in
            let value = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 13) }
            let done = Promise<Void>(on: client.loop)
            var (missing, wrong) = (24, 0)
            for number in 0..<24 {
                client.loop.run {
                    do {
                        try await client.set("k\(number)", value, expiresIn: .seconds(60))
                        if try await client.get("k\(number)") != value { wrong += 1 }
                    } catch { wrong += 1 }
                    missing -= 1
                    if missing == 0 { done.succeed(()) }
                }
            }
            try await done.value()
            #expect(wrong == 0)
        }
    }

    @Test func theCertificateOfAnotherAuthorityIsRefused() async throws {
        let server = try await onOwnThread { try RedisServer(tls: true) }
        let directory = try ScratchDirectory("other")
        var configuration = try configuration(server)
        configuration.tls?.authorityFile = try await onOwnThread { try SelfSignedCertificate(in: directory.path).certificate }
        let refused = try await error(configuration)
        #expect(refused?.code == .connectFailed)
        #expect(refused?.message.contains("certificate") == true)
        configuration.tls?.authorityFile = nil
        #expect(try await error(configuration)?.message.contains("certificate") == true)
    }

    @Test func theCertificateOfAnotherNameIsRefused() async throws {
        let server = try await onOwnThread { try RedisServer(tls: true) }
        var configuration = try configuration(server)
        for name in ["other.example", "127.0.0.2", "sub.localhost"] {
            configuration.tls?.serverName = name
            let refused = try await error(configuration)
            #expect(refused?.code == .connectFailed)
            #expect(refused?.message.contains("certificate") == true, "\(name): \(refused?.message ?? "accepted")")
        }
        for name in ["localhost", "LOCALHOST", "127.0.0.1"] {
            configuration.tls?.serverName = name
            #expect(try await error(configuration) == nil)
        }
    }

    @Test func withoutVerificationAnyCertificateIsAccepted() async throws {
        let server = try await onOwnThread { try RedisServer(tls: true) }
        var configuration = try configuration(server)
        configuration.tls?.authorityFile = nil
        configuration.tls?.serverName = "other.example"
        configuration.tls?.verifies = false
        #expect(try await error(configuration) == nil)
    }

    @Test func anAuthorityFileThatCannotBeReadIsNamed() async throws {
        let server = try await onOwnThread { try RedisServer(tls: true) }
        var configuration = try configuration(server)
        configuration.tls?.authorityFile = "/no/such/file.pem"
        let refused = try await error(configuration)
        #expect(refused?.code == .connectFailed)
        #expect(refused?.message.contains("/no/such/file.pem") == true)
    }

    @Test func plainTextAndTLSDoNotMix() async throws {
        let encrypted = try await onOwnThread { try RedisServer(tls: true) }
        var configuration = try configuration(encrypted)
        configuration.tls = nil
        #expect(try await error(configuration) != nil)

        let plain = try await onOwnThread { try RedisServer() }
        configuration = try .patient(plain.url)
        configuration.tls = RedisTLSOptions()
        configuration.connectTimeout = .seconds(1)
        #expect(try await error(configuration)?.code == .connectFailed)
    }

    @Test func randomBytesInPlaceOfTheHandshakeNeverTrap() async throws {
        let server = try ScriptedServer { peer in
            var chance = SeededRandom(state: UInt64(peer.number))
            guard !peer.receive().isEmpty else { return }
            // The beginning of a record, then anything.
            let head: [UInt8] = peer.number % 2 == 0 ? [] : [22, 3, 3, 0, 60]
            peer.send(head + (0..<100).map { _ in .random(in: 0...255, using: &chance) })
        }
        defer { server.stop() }
        var configuration = server.configuration
        configuration.tls = RedisTLSOptions()
        try await withClient(configuration) { client in
            try await expectEventually(client.loop, seconds: 60) { server.connections >= 200 }
            #expect(client.statistics.connections == 0)
        }
    }

    @Test func theClientRecoversFromAFrozenAndKilledServerOverTLSToo() async throws {
        let server = try await onOwnThread { try RedisServer(tls: true) }
        var configuration = try configuration(server)
        configuration.commandTimeout = .milliseconds(100)
        configuration.connectTimeout = .milliseconds(500)
        try await withClient(configuration) { client in
            try await expectEventually(client.loop) { (try? await client.ping()) != nil }
            try await onOwnThread { server.freeze() }
            try await expectEventually(client.loop) { await client.errorOfPing()?.code == .unavailable }
            try await onOwnThread { server.resume() }
            try await expectEventually(client.loop) { (try? await client.ping()) != nil }
            try await onOwnThread { server.kill() }
            try await expectEventually(client.loop) { client.state.phase == .unavailable }
            try await onOwnThread { try server.start() }
            try await expectEventually(client.loop) { (try? await client.ping()) != nil }
        }
    }
}
