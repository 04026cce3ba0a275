import Foundation
import Testing
import TestSupport

extension Faults {
    /// The database's password is changed while the shop sells.
    @Suite("The password is rotated")
    struct CredentialFaultTests {
        @Test(
            "a rotated password costs no request, and where all connections are cut as well none but what is quickly told to come again"
        )
        func rotation() async throws {
            let stage = try Stage(postgresPassword: "the-first-password")
            let directory = try ScratchDirectory("password")
            let file = try directory.write("password", "the-first-password\n")
            // All connections are replaced all the time, so that each of them logs in again.
            let service = try await stage.serve([
                "DATABASE_URL": "postgresql://postgres@127.0.0.1:\(stage.postgres.port)/postgres", "DATABASE_PASSWORD_FILE": file,
                "DATABASE_MAX_LIFETIME": "1s",
            ])
            try await service.waitUntilWell()
            let load = Load(port: service.port)
            load.addReaders(2)
            load.add(2) { $0.readCold() }
            load.addBuyers(4)
            load.addProbe()
            for password in ["the-second-password", "the-third-password"] {
                _ = try directory.write("password", password)
                try await Task.sleep(for: .milliseconds(1_500))
                try await stage.execute("ALTER ROLE postgres PASSWORD '\(password)'")
                try await Task.sleep(for: .milliseconds(2_500))
            }
            let rotated = load.journal.exchanges
            let failed = rotated.filter { !$0.isSuccess }
            #expect(failed.isEmpty, "\(failed.count) of \(rotated.count): \(failed.prefix(3))")

            // Now as harshly as can be: the server first, everybody thrown out, and the file while they knock.
            for password in ["the-fourth-password", "the-fifth-password"] {
                try await stage.execute("ALTER ROLE postgres PASSWORD '\(password)'")
                _ = try directory.write("password", password)
                try await stage.act { try $0.postgres.terminateClients() }
                try await Task.sleep(for: .milliseconds(1_000))
            }
            let over = ContinuousClock.now
            try await service.waitUntilWell()
            try await Task.sleep(for: .seconds(1))
            await load.stop()
            let exchanges = load.journal.exchanges
            let improper = exchanges.filter { !$0.isSuccess && !$0.isPostponed }
            #expect(improper.isEmpty, "\(improper.count): \(improper.prefix(3))")
            #expect(exchanges.filter { $0.isPostponed }.slowest < .seconds(6))
            let late = exchanges.filter { $0.began > over + .milliseconds(700) && !$0.isSuccess }
            #expect(late.isEmpty, "\(late.count): \(late.prefix(3))")
            try await stage.settle(load.journal, at: service.port)
            #expect(!(service.standardOutput + service.standardError).contains("-password"))
        }
    }
}
