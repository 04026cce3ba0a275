import ArgumentParser
import Orders
import PostgresClient

/// `commerce erase`
struct EraseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Removes a person's data: name, address and e-mail address of all orders for an e-mail address.",
        discussion: """
            Items, amounts and the country remain, because accounting needs them. The carts of those orders and their stored \
            responses are deleted. An order that is still open loses its address too, so finish or cancel it first. This \
            cannot be undone. Exit codes: 0 done (even if there was no data); 64 not an e-mail address; 69 the database cannot \
            be reached.
            """)

    @Option(help: "The person's e-mail address. Upper and lower case do not matter.")
    var email: String

    func validate() throws {
        guard Erasure.isAddress(email) else { throw ValidationError("--email is not an e-mail address") }
    }

    func run() throws {
        let configuration = try Environment.configuration()
        let report: Erasure.Report
        do { report = try Erasure(configuration.database.primary).run(email: email) } catch let error as PostgresError {
            throw CommandError(error)
        }
        Terminal.say("orders   \(report.orders)")
        Terminal.say("open     \(report.open)")
        Terminal.say("carts    \(report.carts)")
        Terminal.say("answers  \(report.answers)")
    }
}
