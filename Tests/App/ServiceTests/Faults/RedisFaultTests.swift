import Foundation
import Testing
import TestSupport

extension Faults {
    /// Redis is a cache: with Redis gone the shop sells on.
    @Suite("Redis fails")
    struct RedisFaultTests {
        enum Outage: CaseIterable {
            case killed
            case frozen

            func begin(_ redis: RedisServer) {
                switch self {
                case .killed: redis.kill()
                case .frozen: redis.freeze()
                }
            }

            func end(_ redis: RedisServer) throws {
                switch self {
                case .killed: try redis.start()
                case .frozen: redis.resume()
                }
            }
        }

        @Test(
            "under load no request fails or hangs, no order is lost, and Redis is used again once it is back",
            arguments: Outage.allCases)
        func underLoad(outage: Outage) async throws {
            let stage = try Stage()
            let service = try await stage.serve()
            try await service.waitUntilWell()
            let load = Load(port: service.port)
            load.addShoppers(10)
            load.addProbe()
            try await Task.sleep(for: .seconds(1))
            try await stage.act { outage.begin($0.redis) }
            try await service.waitForHealth(seconds: 10) { $0["checks"]["redis"]["status"] == "down" }
            try await Task.sleep(for: .seconds(3))
            try await stage.act { try outage.end($0.redis) }
            try await service.waitUntilWell()
            // Empty again: what lies in it from now on was put there after its return.
            try await stage.act { try $0.redis.execute("FLUSHALL") }
            try await Self.waitForEntries(stage)
            await load.stop()

            let exchanges = load.journal.exchanges
            let failed = exchanges.filter { !$0.isSuccess }
            #expect(failed.isEmpty, "\(failed.count) of \(exchanges.count): \(failed.prefix(3))")
            // Less than the outage lasts: no request waited for its end.
            #expect(exchanges.slowest < .milliseconds(2_500), "\(exchanges.slowest)")
            for kind in [Exchange.Kind.warm, .cold, .cart, .order, .health, .live] { #expect(!exchanges.of(kind).isEmpty) }
            #expect(exchanges.of(.health).contains { $0.answer?["status"] == "degraded" })
            try await stage.settle(load.journal, at: service.port)
        }

        @Test("a service that starts before Redis sells, says degraded, and uses Redis once it is there")
        func absentAtStart() async throws {
            let stage = try Stage()
            stage.redis.kill()
            let service = try await stage.serve()
            try await service.waitForHealth { $0["status"] == "degraded" && $0["checks"]["redis"]["status"] == "down" }
            try await Self.shopOnce(service)
            try await stage.act { try $0.redis.start() }
            try await service.waitUntilWell()
            let load = Load(port: service.port)
            load.add(1) { $0.readCold() }
            try await Self.waitForEntries(stage)
            await load.stop()
        }

        @Test("with a wrong password it sells, says degraded, and keeps the password to itself")
        func wrongPassword() async throws {
            let stage = try Stage(redisPassword: "the-right-password")
            let service = try await stage.serve(["REDIS_URL": "redis://:a-wrong-password@127.0.0.1:\(stage.redis.port)/0"])
            try await service.waitForHealth { $0["status"] == "degraded" && $0["checks"]["redis"]["status"] == "down" }
            try await Self.shopOnce(service)
            #expect(!(service.standardOutput + service.standardError).contains("-password"))
        }

        @Test("without Redis configured all is well")
        func notConfigured() async throws {
            let stage = try Stage()
            let service = try await stage.serve(["REDIS_URL": ""])
            try await service.waitUntilWell()
            #expect(try service.health()["checks"].names == ["postgres", "worker"])
            try await Self.shopOnce(service)
            #expect(try stage.redis.execute("DBSIZE") == "0")
        }

        /// One of each kind of request.
        private static func shopOnce(_ service: ServiceProcess) async throws {
            let journal = Journal()
            let client = LoadClient(port: service.port, journal: journal)
            try await onOwnThread {
                client.readAllWarm()
                client.readCold()
                for _ in 0..<3 { client.fillCart() }
                client.order()
            }
            let failed = journal.exchanges.filter { !$0.isSuccess }
            #expect(failed.isEmpty && journal.orders.count == 1, "\(failed)")
        }

        /// Waits until the cache has put something into Redis.
        private static func waitForEntries(_ stage: Stage) async throws {
            try await onOwnThread {
                let came = Deadline(seconds: 20).poll(every: 50) {
                    (try? stage.redis.execute("KEYS", "commerce:*").isEmpty) == false
                }
                guard came else { throw TestFailure("nothing is cached in Redis") }
            }
        }
    }
}
