import Foundation
import Testing
import TestSupport

extension Faults {
    /// What is written to the catalogue is seen everywhere, whatever fails on the way.
    @Suite("Catalogue writes reach every service")
    struct CatalogFaultTests {
        enum Surroundings: CaseIterable {
            case well
            case redisFrozen
            case redisKilled
            case connectionsCut
        }

        @Test("both services show a new price soon, and never the old one again", arguments: Surroundings.allCases)
        func newPrice(surroundings: Surroundings) async throws {
            let stage = try Stage()
            // Longer than the test: only hearing of the write can end what they keep.
            let settings = ["CACHE_TTL": "1h"]
            let services = [try await stage.serve(settings), try await stage.serve(settings)]
            for service in services { try await service.waitUntilWell() }
            let paths = ["/v1/products/fault-3", "/v1/products?sort=price&limit=12"]
            try await onOwnThread {
                let warmed = Deadline(seconds: 20).poll { (try? Self.shows("1003", services, paths)) == true }
                guard warmed else { throw TestFailure("the first price is not shown") }
            }

            var cut = ""
            switch surroundings {
            case .well: break
            case .redisFrozen: stage.redis.freeze()
            case .redisKilled: stage.redis.kill()
            // No service listens while the write is announced.
            case .connectionsCut:
                cut =
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend';"
            }
            try await stage.execute(
                """
                \(cut) BEGIN; UPDATE variant SET price = 4711 WHERE sku = 'FAULT-3';
                UPDATE product SET price = 4711, updated_at = now() WHERE slug = 'fault-3'; \(Shop.announcement) COMMIT;
                """)
            try await onOwnThread {
                let came = Deadline(seconds: 15).poll(every: 20) { (try? Self.shows("4711", services, paths)) == true }
                guard came else { throw TestFailure("the new price is not shown everywhere") }
            }
            for _ in 0..<5 {
                try await Task.sleep(for: .milliseconds(300))
                #expect(try await onOwnThread { try Self.shows("4711", services, paths) })
            }
        }

        /// Whether every service shows this price at all paths, over several new connections each.
        private static func shows(_ amount: String, _ services: [ServiceProcess], _ paths: [String]) throws -> Bool {
            for service in services {
                let clients = (0..<4).map { _ in service.client(seconds: 10) }
                // All of them open at once, so that every loop has some.
                for path in paths {
                    for client in clients {
                        let answer = try client.request("GET", path)
                        guard answer.status == 200, answer.text.contains("\"amount\":\(amount),") else { return false }
                    }
                }
            }
            return true
        }
    }
}
