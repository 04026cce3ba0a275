import EventLoop
import TestSupport
import Testing

@testable import RedisClient

@Suite struct RedisClientTests {
    @Test func aValueIsReadByteForByte() async throws {
        let server = try await onOwnThread { try RedisServer() }
        try await withClient(.patient(server.url)) { client in
            let megabyte = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let values: [[UInt8]] = [[], [0], Array(0...255), Array("$3\r\n\r\n*1\r\n".utf8), megabyte]
            for (number, value) in values.enumerated() {
                try await client.set("k\(number)", value, expiresIn: .seconds(60))
                #expect(try await client.get("k\(number)") == value)
            }
            #expect(try await client.get("none") == nil)
            try await client.delete(["k0", "none", "k1"])
            #expect(try await client.get("k0") == nil)
            #expect(try await client.get("k4")?.count == 1 << 20)
            try await client.delete([])
            #expect(try await client.ping() > .zero)
            #expect(client.state == RedisState(phase: .connected, lastError: nil))
        }
    }

    @Test func everyTypeOfReplyBecomesItsValue() async throws {
        let server = try await onOwnThread { try RedisServer() }
        try await withClient(.patient(server.url)) { client in
            #expect(try await client.send(["INCRBY", "n", .integer(-9)]) == .integer(-9))
            #expect(try await client.send(["RPUSH", "l", "a", .bytes([0, 255])]) == .integer(2))
            #expect(try await client.send(["LRANGE", "l", "0", "-1"]) == .array([.string([0x61]), .string([0, 255])]))
            #expect(try await client.send(["LRANGE", "none", "0", "-1"]) == .array([]))
            #expect(try await client.send(["MGET", "none", "n"]) == .array([.null, .string(Array("-9".utf8))]))
            #expect(
                try await client.send(["EVAL", "return {1,{},{2,{'x'}},{ok='S'},{err='E'},false}", "0"])
                    == .array([
                        .integer(1), .array([]), .array([.integer(2), .array([.string([0x78])])]), .status("S"),
                        .error("E"), .null,
                    ]))
            guard case .error(let message) = try await client.send(["NOSUCH"]) else {
                return #expect(Bool(false), "an unknown command is an error")
            }
            #expect(message.hasPrefix("ERR unknown command"))
            let error = await redisError { _ = try await client.get("l") }
            #expect(error?.code == .server)
            #expect(error?.message.hasPrefix("WRONGTYPE") == true)
        }
    }

    @Test func aValueExpires() async throws {
        let server = try await onOwnThread { try RedisServer() }
        try await withClient(.patient(server.url)) { client in
            try await client.set("short", [1], expiresIn: .milliseconds(30))
            try await client.set("least", [1], expiresIn: .nanoseconds(1))
            try await expectEventually(client.loop) { try await client.get("short") == nil }
            try await expectEventually(client.loop) { try await client.get("least") == nil }
        }
    }

    @Test func tenThousandCommandsOfOneTurnAreAnsweredInOrder() async throws {
        let server = try await onOwnThread { try RedisServer() }
        try await withClient(.patient(server.url)) { client in
            _ = try await client.ping()
            let before = client.statistics.commands
            let done = Promise<Void>(on: client.loop)
            var replies: [RedisValue?] = Array(repeating: nil, count: 10_000)
            var missing = replies.count
            for number in 0..<10_000 {
                client.loop.run {
                    replies[number] = try? await client.send(["ECHO", .integer(Int64(number))])
                    missing -= 1
                    if missing == 0 { done.succeed(()) }
                }
            }
            #expect(client.inFlightCount == 10_000)
            try await done.value()
            for number in 0..<10_000 { #expect(replies[number] == .string(Array("\(number)".utf8))) }
            #expect(client.statistics.commands - before == 10_000)
            #expect(client.inFlightCount == 0)
        }
    }

    @Test func commandsBeforeTheFirstConnectionWaitForIt() async throws {
        let server = try await onOwnThread { try RedisServer() }
        try await withClient(.patient(server.url)) { client in
            #expect(client.state.phase == .connecting)
            try await client.set("early", [7], expiresIn: .seconds(60))
            #expect(try await client.get("early") == [7])
        }
    }

    @Test func theConfiguredDatabaseAndNameAreUsed() async throws {
        let server = try await onOwnThread { try RedisServer() }
        var configuration = try RedisConfiguration.patient(server.url)
        configuration.database = 3
        configuration.clientName = "shop"
        try await withClient(configuration) { client in
            try await client.set("there", [1], expiresIn: .seconds(60))
            #expect(try await client.send(["CLIENT", "GETNAME"]) == .string(Array("shop".utf8)))
        }
        #expect(try await onOwnThread { try server.execute("-n", "3", "GET", "there") } == "\u{1}")
        #expect(try await onOwnThread { try server.execute("GET", "there") } == "")
    }

    @Test func aCancelledCommandEndsAtOnceAndItsReplyReachesNoOtherCommand() async throws {
        let server = try await onOwnThread { try RedisServer() }
        try await withClient(.patient(server.url)) { client in
            _ = try await client.ping()
            let ended = Promise<Bool>(on: client.loop)
            let task = client.loop.run {
                do { _ = try await client.send(["BLPOP", "nothing", "0.2"]); ended.succeed(false) } catch {
                    ended.succeed(error is CancellationError)
                }
            }
            task.cancel()
            #expect(try await ended.value())
            #expect(try await client.send(["ECHO", "next"]) == .string(Array("next".utf8)))
        }
    }

    @Test func aTaskThatIsCancelledBeforeSendsNothing() async throws {
        let server = try await onOwnThread { try RedisServer() }
        try await withClient(.patient(server.url)) { client in
            _ = try await client.ping()
            let ended = Promise<Bool>(on: client.loop)
            let task = client.loop.run {
                while !Task.isCancelled { await Task.yield() }
                do { _ = try await client.send(["SET", "never", "x"]); ended.succeed(false) } catch {
                    ended.succeed(error is CancellationError)
                }
            }
            task.cancel()
            #expect(try await ended.value())
            #expect(try await client.get("never") == nil)
        }
    }

    @Test func commandsInFlightAreAnsweredBeforeCloseReturns() async throws {
        let server = try await onOwnThread { try RedisServer() }
        try await onLoop { loop in
            let client = RedisClient(
                loop: loop, configuration: try .patient(server.url), logger: .init(label: "test"))
            client.start()
            _ = try await client.ping()
            var replies: [RedisValue] = []
            for number in 0..<100 {
                loop.run {
                    if let reply = try? await client.send(["ECHO", .integer(Int64(number))]) { replies.append(reply) }
                }
            }
            let again = Promise<Void>(on: loop)
            loop.run {
                await client.close()
                again.succeed(())
            }
            await client.close()
            try await again.value()
            for _ in 0..<100 where replies.count < 100 { await Task.yield() }
            #expect(replies.count == 100)
            #expect(client.state.phase == .closed)
            #expect(await client.errorOfGet()?.code == .closed)
        }
    }

    @Test func beyondTheLimitsACommandFailsAtOnce() async throws {
        let server = try await onOwnThread { try RedisServer() }
        var configuration = try RedisConfiguration.patient(server.url)
        configuration.maxInFlight = 4
        try await withClient(configuration) { client in
            _ = try await client.ping()
            var failed = 0
            let done = Promise<Void>(on: client.loop)
            var missing = 10
            for _ in 0..<10 {
                client.loop.run {
                    if await client.errorOfPing()?.code == .overloaded { failed += 1 }
                    missing -= 1
                    if missing == 0 { done.succeed(()) }
                }
            }
            #expect(failed == 6)
            try await done.value()
            #expect(failed == 6)
            #expect(client.statistics.refused == 6)
        }
    }

    @Test func tooManyUnsentBytesFailTheNextCommand() async throws {
        let server = try await onOwnThread { try RedisServer() }
        var configuration = try RedisConfiguration.patient(server.url)
        configuration.maxUnsentBytes = 1_000
        try await withClient(configuration) { client in
            _ = try await client.ping()
            let first = Promise<Bool>(on: client.loop)
            client.loop.run {
                let error = await redisError {
                    try await client.set("big", Array(repeating: 1, count: 2_000), expiresIn: .seconds(60))
                }
                first.succeed(error == nil)
            }
            #expect(await client.errorOfPing()?.code == .overloaded)
            #expect(try await first.value())
            _ = try await client.ping()
        }
    }
}
