import ArgumentParser
import Audit
import PostgresClient

/// `commerce audit`
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Checks the data for contradictions: stock against its ledger, sums, reservations, histories, accounts.",
        discussion: """
            It only reads, in one snapshot, so the shop can continue to sell. It reads all orders and the whole ledger: for \
            large shops, use a replica or a restored copy. Exit codes: 0 all rules hold; 1 a rule is broken (each violation is \
            shown); 69 the database cannot be reached.
            """)

    func run() throws {
        let configuration = try Environment.configuration()
        var broken = 0
        do {
            try Audit(configuration.database.primary).run { finding in
                if finding.violations.isEmpty { return Terminal.say("holds   \(finding.rule)") }
                broken += 1
                Terminal.say("BROKEN  \(finding.rule)")
                for violation in finding.violations { Terminal.say("        \(violation)") }
            }
        } catch let error as PostgresError {
            throw CommandError(error)
        }
        guard broken == 0 else { throw CommandError(.failure, broken == 1 ? "1 rule is broken" : "\(broken) rules are broken") }
    }
}
