import Accounts
import ArgumentParser
import FoundationEssentials
import Formats

/// Whose accounts a command is about.
struct UserAddresses: ParsableArguments {
    @Option(name: .customLong("email"), help: "The person's e-mail address; may be repeated.")
    var emails: [String] = []

    @Option(
        name: .customLong("id"), help: "The id of the person's account, as GET /v1/me shows it; may be repeated.",
        transform: IDArgument.read)
    var ids: [IDArgument] = []

    @Flag(help: "Read e-mail addresses from standard input, one a line.")
    var emailStdin = false

    /// The most bytes of addresses on standard input.
    private static let longest = 1 << 20

    func validate() throws {
        guard (emails.isEmpty && ids.isEmpty) == emailStdin else {
            throw ValidationError("name people by --email or --id, or on standard input with --email-stdin")
        }
        guard emails.allSatisfy({ StaffAccounts.isAddress($0) }) else {
            throw ValidationError("--email is not an e-mail address")
        }
    }

    /// The people, each with what errors call it: an error shows no address.
    /// - Throws: ``CommandError``: nothing was changed.
    func read() throws(CommandError) -> [(name: String, person: AccountDirectory.Person)] {
        guard emailStdin else {
            return emails.enumerated().map { (emails.count == 1 ? "" : "address \($0 + 1): ", .email($1)) }
                + ids.map { ("\($0.id.lowercaseText): ", .id($0.id)) }
        }
        let text = try StandardInput.line(upTo: Self.longest, "the list of addresses")
        guard text.utf8.count <= Self.longest else { throw CommandError(.data, "the list of addresses is longer than 1 MiB") }
        var people: [(name: String, person: AccountDirectory.Person)] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            if line.allSatisfy(\.isWhitespace) { continue }
            guard StaffAccounts.isAddress(String(line)) else {
                throw CommandError(.data, "line \(index + 1) is not an e-mail address; nothing was changed")
            }
            people.append(("line \(index + 1): ", .email(String(line))))
        }
        guard !people.isEmpty else { throw CommandError(.data, "there is no address on standard input") }
        return people
    }

    /// Changes the accounts one after another, each in a transaction of its own, and prints what became of each.
    /// - Parameter done: what has happened to an account that was changed, as in `disabled`
    /// - Throws: ``CommandError`` where an address has no account; the others were changed.
    func apply(_ change: AccountDirectory.Change, done: String) throws {
        let people = try read()
        let unknown = try CommandDatabase.run { connection, _ in
            let directory = AccountDirectory(connection)
            var unknown: [String] = []
            for person in people {
                switch try directory.apply(change, to: person.person) {
                case .changed(let id): Terminal.say("\(done) \(id.lowercaseText)")
                case .unchanged(let id): Terminal.say("already \(done) \(id.lowercaseText)")
                case .unknown:
                    unknown.append("\(person.name)there is no account with this \(person.person.isID ? "id" : "address")")
                }
            }
            return unknown
        }
        guard unknown.isEmpty else { throw CommandError(.failure, unknown.joined(separator: "\n")) }
    }

    /// The exit codes of commands that change accounts.
    static let exitCodes = """
        Exit codes: 0 done, or it was so before; 1 an address or id has no account (the others are changed), or the login may not change \
        accounts; 64 wrong usage; 65 a line of standard input is not an address (nothing is changed); 69 the database cannot be reached.
        """
}

/// `commerce user disable`
struct UserDisableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Disables accounts: ends their sessions and live streams, and refuses their sign-ins, links of mails too.",
        discussion: "Orders, addresses and the cart stay. " + UserAddresses.exitCodes)

    @OptionGroup var people: UserAddresses

    func run() throws { try people.apply(.disable, done: "disabled") }
}

/// `commerce user enable`
struct UserEnableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Lets people sign in again whose accounts were disabled.",
        discussion: "Sessions that ended stay ended. " + UserAddresses.exitCodes)

    @OptionGroup var people: UserAddresses

    func run() throws { try people.apply(.enable, done: "enabled") }
}

/// `commerce user role`
struct UserRoleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role",
        abstract: "Gives accounts a role, or takes it away.",
        discussion: """
            Roles: owner (everything), manager, support, warehouse; customer takes the role away. A change ends the person's sessions, who \
            then signs in again. \(UserAddresses.exitCodes)
            """)

    @OptionGroup var people: UserAddresses

    @Option(help: "owner, manager, support, warehouse, or customer.", transform: RoleArgument.read)
    var role: RoleArgument

    func run() throws { try people.apply(.role(role.role), done: role.role?.rawValue ?? RoleArgument.customer) }
}

/// A role, or that of a customer, which is none.
struct RoleArgument: CommandArgument {
    static let customer = "customer"
    static let expectation = (AccountRole.allCases.map(\.rawValue) + [customer]).joined(separator: ", ")

    /// Nil for a customer.
    let role: AccountRole?

    init?(argument: String) {
        role = AccountRole(rawValue: argument)
        guard role != nil || argument == Self.customer else { return nil }
    }
}
