import EventLoop
import Foundation
import TestSupport
import Testing

@testable import RedisClient

@Suite struct RedisFailureTests {
    /// Short times, as in production, or a little longer.
    private func brisk(_ url: String) throws -> RedisConfiguration {
        var configuration = try RedisConfiguration(url: url)
        configuration.commandTimeout = .milliseconds(100)
        return configuration
    }

    @Test func withoutAServerCommandsFailAtOnceAndItIsUsedOnceItStarts() async throws {
        let server = try await onOwnThread { try RedisServer() }
        try await onOwnThread { server.kill() }
        try await withClient(.patient(server.url)) { client in
            #expect(await client.errorOfGet() != nil)
            #expect(client.state.phase == .unavailable)
            #expect(client.state.lastError?.code == .connectFailed)
            // If each waited for its timeout of ten seconds, this would take hours.
            for _ in 0..<1_000 { #expect(await client.errorOfGet() != nil) }
            try await onOwnThread { try server.start() }
            try await expectEventually(client.loop, seconds: 5) { (try? await client.ping()) != nil }
            #expect(client.state.phase == .connected)
        }
    }

    @Test func aServerKilledUnderLoadFailsCommandsInFlightAndTheClientRecovers() async throws {
        let server = try await onOwnThread { try RedisServer() }
        try await withClient(brisk(server.url)) { client in
            try await expectEventually(client.loop) { (try? await client.ping()) != nil }
            var (good, bad, running, stop) = (0, 0, 0, false)
            for number in 0..<64 {
                running += 1
                client.loop.run {
                    while !stop {
                        do {
                            let value = [UInt8](repeating: UInt8(number), count: number)
                            try await client.set("k\(number)", value, expiresIn: .seconds(60))
                            let got = try await client.get("k\(number)")
                            #expect(got == value || got == nil)
                            good += 1
                        } catch {
                            bad += 1
                            try? await client.loop.sleep(for: .milliseconds(1))
                        }
                    }
                    running -= 1
                }
            }
            try await expectEventually(client.loop) { good > 1_000 }
            for _ in 0..<3 {
                let before = bad
                try await onOwnThread { server.kill() }
                try await expectEventually(client.loop) { bad > before + 64 && client.state.phase == .unavailable }
                let healed = good
                try await onOwnThread { try server.start() }
                try await expectEventually(client.loop, seconds: 5) { good > healed + 500 }
            }
            stop = true
            try await expectEventually(client.loop) { running == 0 }
        }
    }

    @Test func aFrozenServerCostsAFewTimeoutsAndThenNothing() async throws {
        let server = try await onOwnThread { try RedisServer() }
        try await withClient(brisk(server.url)) { client in
            try await expectEventually(client.loop) { (try? await client.ping()) != nil }
            for _ in 0..<2 {
                try await onOwnThread { server.freeze() }
                var errors: [RedisError.Code] = []
                while errors.last != .unavailable, errors.count < 20 {
                    if let error = await client.errorOfGet() { errors.append(error.code) }
                }
                // Each waited for its own timeout; then the breaker opened.
                #expect(errors.last == .unavailable)
                #expect(errors.count <= 4)
                #expect(errors.dropLast().allSatisfy { $0 == .timedOut })
                #expect(client.state.phase == .unavailable)
                for _ in 0..<1_000 { #expect(await client.errorOfGet()?.code == .unavailable) }
                try await onOwnThread { server.resume() }
                try await expectEventually(client.loop, seconds: 5) { (try? await client.ping()) != nil }
                for number in 0..<20 {
                    #expect(try await client.send(["ECHO", .integer(Int64(number))]) == .string(Array("\(number)".utf8)))
                }
            }
        }
    }

    @Test func aConnectionThatIsCutIsReopenedWithoutAPause() async throws {
        let server = try await onOwnThread { try RedisServer() }
        var configuration = try RedisConfiguration.patient(server.url)
        // The test would not see the end of a pause.
        configuration.breaker.minPause = .seconds(600)
        try await withClient(configuration) { client in
            try await client.set("k", [1], expiresIn: .seconds(60))
            _ = try await onOwnThread { try server.execute("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes") }
            try await expectEventually(client.loop) { client.statistics.connections == 2 }
            #expect(try await client.get("k") == [1])
        }
    }

    @Test func aWriteToALostServerFailsTheCommandsInFlight() async throws {
        let server = try await onOwnThread { try RedisServer() }
        try await withClient(.patient(server.url)) { client in
            try await expectEventually(client.loop) { (try? await client.ping()) != nil }
            // In one turn, before any event reports the loss: the first write is answered with a reset.
            server.kill()
            for _ in 0..<2 {
                client.sendAndForget(["ECHO", "k"])
                client.flush()
                usleep(100_000)
            }
            #expect(client.state.phase != .connected)
            #expect(client.inFlightCount == 0)
            try await onOwnThread { try server.start() }
            try await expectEventually(client.loop, seconds: 5) { (try? await client.ping()) != nil }
        }
    }

    @Test func theRequestsDeadlineEndsACommandAndIsNoFailureOfTheServer() async throws {
        let server = try await onOwnThread { try RedisServer() }
        try await withClient(.patient(server.url)) { client in
            _ = try await client.ping()
            for _ in 0..<5 {
                let error = await RequestDeadline.$current.withValue(.after(.milliseconds(10))) {
                    await redisError { _ = try await client.send(["BLPOP", "nothing", "0.05"]) }
                }
                #expect(error?.code == .timedOut)
            }
            #expect(client.state == RedisState(phase: .connected, lastError: nil))
            #expect(try await client.send(["ECHO", "next"]) == .string(Array("next".utf8)))
            let over = await RequestDeadline.$current.withValue(RequestDeadline(instant: 1)) {
                await client.errorOfPing()
            }
            #expect(over?.code == .timedOut)
            #expect(client.inFlightCount == 0)
        }
    }

    @Test func aLateReplyReachesNoOtherCommand() async throws {
        let server = try await onOwnThread { try RedisServer() }
        var configuration = try RedisConfiguration.patient(server.url)
        configuration.commandTimeout = .milliseconds(300)
        configuration.breaker.failureThreshold = 1_000
        try await withClient(configuration) { client in
            try await expectEventually(client.loop) { (try? await client.ping()) != nil }
            let error = await redisError { _ = try await client.send(["BLPOP", "nothing", "0.5"]) }
            #expect(error?.code == .timedOut)
            #expect(client.state.phase == .connected)
            try await expectEventually(client.loop) {
                let reply = try? await client.send(["ECHO", "next"])
                #expect(reply == nil || reply == .string(Array("next".utf8)))
                return reply != nil
            }
            #expect(client.statistics.connections == 1)
        }
    }

    @Test func closeFailsCommandsThatAFrozenServerDoesNotAnswerInTime() async throws {
        let server = try await onOwnThread { try RedisServer() }
        let codes = try await withClient(brisk(server.url)) { client -> [RedisError.Code] in
            try await expectEventually(client.loop) { (try? await client.ping()) != nil }
            try await onOwnThread { server.freeze() }
            var codes: [RedisError.Code] = []
            for _ in 0..<50 {
                client.loop.run {
                    if let error = await client.errorOfPing() { codes.append(error.code) }
                }
            }
            await client.close()
            for _ in 0..<200 where codes.count < 50 { await Task.yield() }
            return codes
        }
        #expect(codes == Array(repeating: .timedOut, count: 50))
    }

    @Test func closeWhileTheServerIsGoneReturns() async throws {
        let server = try await onOwnThread { try RedisServer() }
        try await onOwnThread { server.kill() }
        try await withClient(brisk(server.url)) { client in
            _ = await client.errorOfPing()
            await client.close()
            #expect(await client.errorOfPing()?.code == .closed)
        }
    }

    @Test func aHostWithoutAnAddressIsReported() async throws {
        var configuration = RedisConfiguration(host: "no-such-host.invalid")
        configuration.connectTimeout = .seconds(30)
        configuration.commandTimeout = .seconds(30)
        try await withClient(configuration) { client in
            let error = await client.errorOfPing()
            #expect(error?.code == .connectFailed)
            #expect(error?.message.contains("no-such-host.invalid") == true)
        }
    }
}
