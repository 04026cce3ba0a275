import ArgumentParser
import Orders
import PostgresClient

/// `commerce erase`
struct EraseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Removes what the shop knows of a person: name, address and e-mail of all orders for an e-mail address.",
        discussion: """
            What was bought, for how much, and the country stay, as records of money must. The carts of those orders and the \
            answers kept for their requests are deleted. An order that is still open loses its address too: finish or cancel it \
            first. This cannot be undone. Exit codes: 0 done (also where there was nothing), 64 not an e-mail address, 69 the \
            database is out of reach.
            """)

    @Option(help: "The person's e-mail address; upper and lower case are the same.")
    var email: String

    func validate() throws {
        guard Erasure.isAddress(email) else { throw ValidationError("--email is not an e-mail address") }
    }

    func run() throws {
        let configuration = try Environment.configuration()
        let report: Erasure.Report
        do { report = try Erasure(PostgresConfiguration(configuration)).run(email: email) } catch let error as PostgresError {
            throw Failure(error)
        }
        Terminal.say("orders   \(report.orders)")
        Terminal.say("open     \(report.open)")
        Terminal.say("carts    \(report.carts)")
        Terminal.say("answers  \(report.answers)")
    }
}
