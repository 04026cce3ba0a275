import Foundation
import Testing
import TestSupport

extension Faults {
    /// The service itself dies, at any moment.
    @Suite("The service is killed")
    struct CrashTests {
        @Test("an order is there with the answer kept for its key, or not at all, wherever the service was killed")
        func orders() async throws {
            let stage = try Stage()
            var service = try await stage.serve()
            try await service.waitUntilWell()
            let load = Load(port: service.port)
            load.addBuyers(12)
            for _ in 0..<4 {
                try await Task.sleep(for: .milliseconds(.random(in: 500...1000)))
                service.kill()
                service = try await stage.serve(["PORT": "\(load.port)"])
                try await service.waitUntilWell()
            }
            await load.stop()

            let exchanges = load.journal.exchanges
            let improper = exchanges.filter { $0.answer != nil && !$0.isSuccess && !$0.isPostponed }
            #expect(improper.isEmpty, "\(improper.count) of \(exchanges.count): \(improper.prefix(3))")
            #expect(exchanges.contains { $0.answer == nil })
            try await stage.settle(load.journal, at: service.port)
        }

        @Test("what two services release of expired orders comes back once, though one is killed and connections are cut")
        func expiry() async throws {
            let stage = try Stage()
            let settings = ["RESERVATION_TIME": "2s"]
            let lasting = try await stage.serve(settings)
            let dying = try await stage.serve(settings)
            try await lasting.waitUntilWell()
            try await dying.waitUntilWell()
            let load = Load(port: lasting.port)
            load.addBuyers(8)
            // The sweepers come by every four to six seconds.
            try await Task.sleep(for: .seconds(3))
            for _ in 0..<20 {
                try await Task.sleep(for: .milliseconds(150))
                try await stage.act { try $0.postgres.terminateClients() }
            }
            dying.kill()
            await load.stop()
            #expect(!load.journal.orders.isEmpty)
            let held = try await onOwnThread {
                let query = "SELECT count(*) FROM reservation WHERE state = 'held'"
                _ = Deadline(seconds: 40).poll(every: 200) { (try? stage.postgres.execute(query)) == "0" }
                return try stage.postgres.execute(query)
            }
            #expect(held == "0")
            #expect(try await stage.execute("SELECT sum(reserved), count(DISTINCT on_hand) FROM stock") == "0|1")
            // Now that all have expired, a repetition still gets the answer that was given.
            try await stage.settle(load.journal, at: lasting.port)
        }
    }
}
