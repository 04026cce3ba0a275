import Foundation
import Testing
import TestSupport

extension Faults {
    /// The database's name has another address from one moment to the next, as after a failover of RDS.
    @Suite("PostgreSQL fails over to another address")
    struct FailoverTests {
        /// A file of host names of the service's own, over the machine's.
        private static let ownNames = [
            "unshare", "--user", "--map-root-user", "--mount", "--propagation", "private", "sh", "-c",
            "mount --bind \"$1\" /etc/hosts && shift && exec \"$@\"", "sh",
        ]

        private static let canUnshare: Bool = {
            guard let directory = try? ScratchDirectory("names"), let file = try? directory.write("hosts", "") else {
                return false
            }
            return (try? Command.run(ownNames + [file, "true"]).status) == .exited(0)
        }()

        enum End: CaseIterable {
            case killed
            /// It still accepts connections, and answers none.
            case frozen
            /// It still answers, and is no primary any more.
            case demoted
        }

        @Test(
            "the new primary is found by its name, and no acknowledged order is missing there",
            .enabled(if: canUnshare, "unshare(1) may make no mount namespace here"), arguments: End.allCases)
        func failover(end: End) async throws {
            let stage = try Stage()
            let standby = try PostgresServer(standbyOf: stage.postgres, address: "127.0.0.2")
            // Acknowledged is what both have.
            try await stage.execute("ALTER SYSTEM SET synchronous_standby_names = '*'; SELECT pg_reload_conf()")
            let directory = try ScratchDirectory("names")
            let names = try directory.write("hosts", "127.0.0.1 database.test\n")
            let service = try await stage.serve(
                [
                    "DATABASE_URL": "postgresql://postgres@database.test:\(stage.postgres.port)/postgres",
                    // As RDS needs it: what is connected to the old address must not be believed for long.
                    "DATABASE_ACQUIRE_TIMEOUT": "2s",
                ], through: Self.ownNames + [names])
            try await service.waitUntilWell()
            try await PostgresFaultTests.warm(service)
            let load = Load(port: service.port)
            load.addReaders(3)
            load.addBuyers(6)
            load.add(1) { $0.readCold() }
            load.addProbe()
            try await Task.sleep(for: .seconds(2))

            try await stage.act { stage in
                switch end {
                case .killed: stage.postgres.kill()
                case .frozen: stage.postgres.freeze()
                case .demoted:
                    // No write comes through it, and it answers that it takes none.
                    try stage.postgres.execute("ALTER SYSTEM SET default_transaction_read_only = on; SELECT pg_reload_conf()")
                    try stage.postgres.terminateClients()
                }
                try standby.execute("SELECT pg_promote()")
            }
            try await service.waitForHealth { $0.status == 200 && $0["status"] == "degraded" }
            // In place: the file is mounted, and another one of its name would not be.
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: names))
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: Data("127.0.0.2 database.test\n".utf8))
            try file.close()
            let moved = ContinuousClock.now
            try await service.waitUntilWell(seconds: 40)
            try await Task.sleep(for: .seconds(2))
            await load.stop()

            let exchanges = load.journal.exchanges
            let improper = exchanges.filter { !$0.isSuccess && !($0.isPostponed && [.cold, .cart, .order].contains($0.kind)) }
            #expect(improper.isEmpty, "\(improper.count) of \(exchanges.count): \(improper.prefix(3))")
            #expect(exchanges.slowest < .seconds(15), "\(exchanges.slowest)")
            let first = exchanges.of(.order).filter { $0.began > moved && $0.isSuccess }.map(\.ended).min()
            let recovery = try #require(first, "no order at the new primary") - moved
            #expect(recovery < .seconds(15))
            try await stage.settle(load.journal, at: service.port, by: standby)
            if end == .frozen { stage.postgres.resume() }
        }
    }
}
