import Foundation
import Testing
import TestSupport

extension Faults {
    /// The servers work, and the network between them loses packets silently.
    @Suite("The network fails")
    struct NetworkFaultTests {
        enum Loss: CaseIterable {
            /// Open connections fall silent; new ones get through.
            case halfOpen
            /// Nothing gets through.
            case blackHole

            var network: TCPProxy.Network { self == .halfOpen ? .halfOpen : .blackHole }
        }

        @Test(
            "connections to PostgreSQL that fall silent are given up and replaced; no order is lost",
            arguments: Loss.allCases)
        func postgres(loss: Loss) async throws {
            let stage = try Stage()
            let proxy = try TCPProxy(to: stage.postgres.port)
            defer { proxy.stop() }
            let service = try await stage.serve(["DATABASE_URL": "postgresql://postgres@127.0.0.1:\(proxy.port)/postgres"])
            try await service.waitUntilWell()
            try await PostgresFaultTests.warm(service)
            let load = Load(port: service.port)
            load.addReaders(3)
            load.addBuyers(6)
            load.add(2) { $0.readCold() }
            load.addProbe()
            try await Task.sleep(for: .seconds(1))
            for _ in 0..<2 {
                proxy.set(loss.network)
                try await Task.sleep(for: loss == .halfOpen ? .seconds(1) : .seconds(5))
                proxy.set(.well)
                try await service.waitUntilWell(seconds: 20)
                try await Task.sleep(for: .milliseconds(500))
            }
            let over = ContinuousClock.now
            // Those before may still wait for what was on its way; who comes now waits for none of that.
            load.addBuyers(2)
            try await Task.sleep(for: .seconds(2))
            await load.stop()

            let exchanges = load.journal.exchanges
            let improper = exchanges.filter { !$0.isSuccess && !($0.isPostponed && [.cold, .cart, .order].contains($0.kind)) }
            #expect(improper.isEmpty, "\(improper.count) of \(exchanges.count): \(improper.prefix(3))")
            #expect(exchanges.slowest < .seconds(15), "\(exchanges.max { $0.duration < $1.duration }.map(\.description) ?? "")")
            let after = exchanges.of(.order).filter { $0.began > over }
            #expect(after.contains { $0.isSuccess })
            // What the server still holds for connections that it takes for alive ends by its own limits.
            try await stage.settle(load.journal, at: service.port)
        }

        @Test(
            "Redis whose connections fall silent, or that answers late, costs no request and little time",
            arguments: [
                TCPProxy.Network.halfOpen, .blackHole, .slow(milliseconds: 200),
            ])
        func redis(network: TCPProxy.Network) async throws {
            let stage = try Stage()
            let proxy = try TCPProxy(to: stage.redis.port)
            defer { proxy.stop() }
            let service = try await stage.serve(["REDIS_URL": "redis://127.0.0.1:\(proxy.port)/0"])
            try await service.waitUntilWell()
            let load = Load(port: service.port)
            load.addShoppers(8)
            load.addProbe()
            try await Task.sleep(for: .seconds(1))
            proxy.set(network)
            try await Task.sleep(for: .seconds(4))
            proxy.set(.well)
            try await service.waitUntilWell()
            try await Task.sleep(for: .seconds(1))
            await load.stop()
            let exchanges = load.journal.exchanges
            let failed = exchanges.filter { !$0.isSuccess }
            #expect(failed.isEmpty, "\(failed.count) of \(exchanges.count): \(failed.prefix(3))")
            #expect(exchanges.slowest < .seconds(4), "\(exchanges.slowest)")
            // Silence is found out by it, and a breaker that is open says so.
            if case .halfOpen = network {
            } else {
                #expect(exchanges.of(.health).contains { $0.answer?["checks"]["redis"]["status"] == "down" })
                #expect(
                    exchanges.of(.health).contains {
                        ["open", "half_open"].contains($0.answer?["checks"]["redis"]["breaker"].text)
                    })
            }
            #expect(exchanges.of(.health).last?.answer?["checks"]["redis"]["breaker"] == "closed")
            try await stage.settle(load.journal, at: service.port)
        }
    }
}
