import Foundation
import Testing
import TestSupport

extension Faults {
    /// With PostgreSQL gone the shop shows what it has, says when to come again, and loses no order.
    @Suite("PostgreSQL fails")
    struct PostgresFaultTests {
        enum Outage: CaseIterable {
            case stopped
            case crashed
            case killed
            case frozen

            func begin(_ postgres: PostgresServer) throws {
                switch self {
                case .stopped: try postgres.stop(.fast)
                case .crashed: try postgres.stop(.immediate)
                case .killed: postgres.kill()
                case .frozen: postgres.freeze()
                }
            }

            func end(_ postgres: PostgresServer) throws {
                switch self {
                case .stopped, .crashed, .killed: try postgres.start()
                case .frozen: postgres.resume()
                }
            }
        }

        @Test(
            "while it is away what is cached is served and all else is 503; it recovers by itself, with every order",
            arguments: Outage.allCases)
        func outage(outage: Outage) async throws {
            let stage = try Stage()
            let service = try await stage.serve()
            try await service.waitUntilWell()
            let load = Load(port: service.port)
            try await Self.warm(service)
            load.addReaders(4)
            load.addBuyers(6)
            load.add(1) { $0.readCold() }
            load.addProbe()
            try await Task.sleep(for: .seconds(1))
            let cut = ContinuousClock.now
            try await stage.act { try outage.begin($0.postgres) }
            let away = ContinuousClock.now
            try await service.waitForHealth(seconds: 10) { $0.status == 200 && $0["status"] == "degraded" }
            // A frozen server is given up only after it has been silent for a while.
            try await Task.sleep(for: outage == .frozen ? .seconds(6) : .seconds(2))
            let end = ContinuousClock.now
            try await stage.act { try outage.end($0.postgres) }
            let back = ContinuousClock.now
            try await service.waitUntilWell(seconds: 20)
            try await Task.sleep(for: .seconds(1))
            await load.stop()

            let exchanges = load.journal.exchanges
            let unanswered = exchanges.filter { $0.answer == nil }
            #expect(unanswered.isEmpty, "\(unanswered.count): \(unanswered.prefix(3))")
            let unread = exchanges.of(.warm).filter { $0.status != 200 }
            #expect(unread.isEmpty, "\(unread.count) of \(exchanges.of(.warm).count): \(unread.prefix(3))")
            #expect(exchanges.of(.warm).slowest < .seconds(4))
            let improper = exchanges.of(.cold, .cart, .order).filter { !$0.isSuccess && !$0.isPostponed }
            #expect(improper.isEmpty, "\(improper.count): \(improper.prefix(3))")
            // Less than the server was frozen.
            #expect(exchanges.slowest < .seconds(6), "\(exchanges.max { $0.duration < $1.duration }.map(\.description) ?? "")")
            let meanwhile = exchanges.of(.cart, .order).within(away...end)
            #expect(!meanwhile.isEmpty && meanwhile.allSatisfy { $0.status == 503 })
            #expect(!exchanges.of(.warm).within(away...end).isEmpty)
            let unhealthy = exchanges.of(.health, .live).filter { $0.status != 200 }
            #expect(unhealthy.isEmpty, "\(unhealthy.prefix(3))")
            let first = exchanges.of(.order).filter { $0.began > cut && $0.ended > back && $0.status == 201 }.map(\.ended).min()
            let recovery = try #require(first, "no order after PostgreSQL was back") - back
            #expect(recovery < .seconds(10))
            try await stage.settle(load.journal, at: service.port)
            #expect(service.exitStatus == nil)
        }

        @Test("backends that are terminated again and again cost no order and no worse answer than 503")
        func terminated() async throws {
            let stage = try Stage()
            let service = try await stage.serve()
            try await service.waitUntilWell()
            let load = Load(port: service.port)
            try await Self.warm(service)
            load.addReaders(2)
            load.addBuyers(8)
            load.add(2) { $0.readCold() }
            load.addProbe()
            for _ in 0..<12 {
                try await Task.sleep(for: .milliseconds(250))
                try await stage.act { try $0.postgres.terminateClients() }
            }
            let over = ContinuousClock.now
            try await service.waitUntilWell()
            try await Task.sleep(for: .seconds(1))
            await load.stop()

            let exchanges = load.journal.exchanges
            let improper = exchanges.filter { !$0.isSuccess && !($0.isPostponed && [.cold, .cart, .order].contains($0.kind)) }
            #expect(improper.isEmpty, "\(improper.count) of \(exchanges.count): \(improper.prefix(3))")
            #expect(exchanges.slowest < .seconds(10))
            let first = exchanges.of(.order).filter { $0.began > over && $0.isSuccess }.map(\.ended).min()
            #expect(try #require(first, "no order after the last termination") - over < .seconds(10))
            try await stage.settle(load.journal, at: service.port)
        }

        /// Reads what everybody reads, over enough connections that each loop has it.
        static func warm(_ service: ServiceProcess) async throws {
            let journal = Journal()
            let clients = (0..<8).map { _ in LoadClient(port: service.port, journal: journal) }
            try await onOwnThread { for client in clients { client.readAllWarm() } }
            let failed = journal.exchanges.filter { !$0.isSuccess }
            #expect(failed.isEmpty, "\(failed.prefix(3))")
        }
    }
}
