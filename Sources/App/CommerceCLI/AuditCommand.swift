import ArgumentParser
import Audit
import PostgresClient

/// `commerce audit`
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Recomputes from the data what must hold of it: stock from its ledger, sums, reservations, histories.",
        discussion: """
            Only reads, in one snapshot, so a shop may sell meanwhile. Reads all orders and the whole ledger: ask a replica or a \
            restored copy where they are large. Exit codes: 0 all holds, 1 something is broken (each violation is shown), 69 \
            the database is out of reach.
            """)

    func run() throws {
        let configuration = try Environment.configuration()
        var broken = 0
        do {
            try Audit(PostgresConfiguration(configuration)).run { finding in
                if finding.violations.isEmpty { return Terminal.say("holds   \(finding.rule)") }
                broken += 1
                Terminal.say("BROKEN  \(finding.rule)")
                for violation in finding.violations { Terminal.say("        \(violation)") }
            }
        } catch let error as PostgresError {
            throw Failure(error)
        }
        guard broken == 0 else { throw Failure(.failure, broken == 1 ? "1 rule is broken" : "\(broken) rules are broken") }
    }
}
