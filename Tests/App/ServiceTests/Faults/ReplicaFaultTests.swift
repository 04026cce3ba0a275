import Foundation
import Testing
import TestSupport

extension Faults {
    /// The catalogue is read from a replica, where there is one that can be read.
    @Suite("The replica fails")
    struct ReplicaFaultTests {
        enum Outage: CaseIterable {
            case stopped
            case killed
            case frozen
            case paused

            func begin(_ standby: PostgresServer) throws {
                switch self {
                case .stopped: try standby.stop(.fast)
                case .killed: standby.kill()
                case .frozen: standby.freeze()
                case .paused: try standby.execute("SELECT pg_wal_replay_pause()")
                }
            }

            func end(_ standby: PostgresServer) throws {
                switch self {
                case .stopped, .killed: try standby.start()
                case .frozen: standby.resume()
                case .paused: try standby.execute("SELECT pg_wal_replay_resume()")
                }
            }

            var word: String { self == .paused ? "behind" : "down" }
        }

        private static let replica = "commerce_postgres_reads_total{role=\"replica\"}"
        private static let primary = "commerce_postgres_reads_total{role=\"primary\"}"

        @Test(
            "with it stopped, killed, frozen or far behind nothing fails and the primary is read; then it is used again",
            arguments: Outage.allCases)
        func outage(outage: Outage) async throws {
            let stage = try Stage()
            let standby = try PostgresServer(standbyOf: stage.postgres, settings: ["log_statement": "all"])
            let metrics = try FreePort.find()
            // So that every read reaches a database, and none is refused before.
            let service = try await stage.serve([
                "DATABASE_REPLICA_URL": "postgresql://127.0.0.1:\(standby.port)", "CACHE": "off", "METRICS_PORT": "\(metrics)",
                "OVERLOAD_CONTROL": "off",
            ])
            try await service.waitUntilWell()
            #expect(try service.health()["checks"]["postgres_replica"]["status"] == "ok")
            let load = Load(port: service.port)
            load.addReaders(3)
            load.add(2) { $0.readCold() }
            load.addBuyers(1)
            load.addProbe()
            try await Self.grows(Self.replica, metrics)
            try await onOwnThread { try outage.begin(standby) }
            try await service.waitForHealth {
                $0.status == 200 && $0["status"] == "degraded" && $0["checks"]["postgres_replica"]["status"].text == outage.word
            }
            let before = try await MetricsScrape.read(port: metrics)
            try await Task.sleep(for: .seconds(2))
            let after = try await MetricsScrape.read(port: metrics)
            #expect(after[Self.replica] == before[Self.replica])
            #expect((after[Self.primary] ?? 0) > (before[Self.primary] ?? 0))
            try await onOwnThread { try outage.end(standby) }
            try await service.waitUntilWell()
            try await Self.grows(Self.replica, metrics)
            await load.stop()

            let failed = load.journal.exchanges.filter { !$0.isSuccess }
            #expect(failed.isEmpty, "\(failed.count) of \(load.journal.exchanges.count): \(failed.prefix(3))")
            #expect(load.journal.exchanges.slowest < .seconds(8), "\(load.journal.exchanges.slowest)")
            try await stage.settle(load.journal, at: service.port)
            // Nothing that decides about a write was asked there.
            let asked = standby.log.split(separator: "\n").filter { $0.contains("execute ") || $0.contains("statement: ") }
            let foreign = asked.filter { line in
                ["cart", "orders", "idempotency", "schema_migration", "reservation", "INSERT", "UPDATE"].contains {
                    line.contains($0)
                }
            }
            #expect(!asked.isEmpty && foreign.isEmpty, "\(foreign.prefix(3))")
        }

        @Test(
            "a price that an import changes is seen by all services at once while the replica has not heard of it",
            arguments: ["on", "off"])
        func newPrice(cache: String) async throws {
            let stage = try Stage()
            let standby = try PostgresServer(standbyOf: stage.postgres)
            // Nothing but the announced change keeps the replica from being read.
            let settings = [
                "DATABASE_REPLICA_URL": "postgresql://127.0.0.1:\(standby.port)", "CACHE_TTL": "1h", "CACHE": cache,
                "DATABASE_REPLICA_MAX_LAG": "60s",
            ]
            let services = [try await stage.serve(settings), try await stage.serve(settings)]
            for service in services { try await service.waitUntilWell() }
            let directory = try ScratchDirectory("import")
            for price in ["47.11", "48.12", "49.13"] {
                _ = try await onOwnThread { try standby.execute("SELECT pg_wal_replay_pause()") }
                let file = try directory.write(
                    "goods.ndjson", #"{"sku":"FAULT-3","name":"Product FAULT-3","price":\#(price)}"# + "\n")
                let imported = try await onOwnThread {
                    try ServiceProcess.run(["import", file], environment: ["DATABASE_URL": stage.postgres.url])
                }
                #expect(imported.status == .exited(0), "\(imported.error)")
                let exit = ContinuousClock.now
                let amount = String(price.filter { $0 != "." })
                for service in services {
                    try await onOwnThread {
                        let came = Deadline(seconds: 10).poll(every: 5) { (try? Self.shows(amount, service)) == true }
                        #expect(came, "the new price is not shown")
                    }
                }
                let seen = ContinuousClock.now - exit
                #expect(seen < .seconds(5), "seen after \(seen)")
                // And never the old one again, while the replica lags and after it has caught up.
                for number in 0..<20 {
                    if number == 10 { _ = try await onOwnThread { try standby.execute("SELECT pg_wal_replay_resume()") } }
                    for service in services { #expect(try await onOwnThread { try Self.shows(amount, service) }) }
                    try await Task.sleep(for: .milliseconds(100))
                }
                for service in services { try await service.waitUntilWell() }
            }
        }

        private static func shows(_ amount: String, _ service: ServiceProcess) throws -> Bool {
            // Over several connections, so that each loop gets a request.
            try (0..<4).allSatisfy { _ in
                let answer = try service.client(seconds: 10).request("GET", "/v1/products/fault-3")
                return answer.status == 200 && answer.text.contains("\"amount\":\(amount),")
            }
        }

        /// Waits until a counter has grown by a hundred.
        private static func grows(_ series: String, _ port: UInt16) async throws {
            let begun = try await MetricsScrape.read(port: port)[series] ?? 0
            for _ in 0..<300 {
                if try await MetricsScrape.read(port: port)[series] ?? 0 >= begun + 100 { return }
                try await Task.sleep(for: .milliseconds(100))
            }
            throw TestFailure("\(series) does not grow")
        }
    }
}
