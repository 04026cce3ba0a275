import Accounts
import ArgumentParser
import Formats

/// `commerce user list`
struct UserListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the staff, and all people whose account is disabled; with --email, the account of one person.",
        discussion: """
            Exit codes: 0 done, also for an empty list; 1 no account has the address of --email; 64 wrong usage; 69 the database cannot be \
            reached.
            """)

    @Option(help: "Only the account with this e-mail address; of a customer, too.")
    var email: String?

    @Option(help: "Only people with this role: owner, manager, support or warehouse.")
    var role: AccountRole?

    @Option(help: "Only accounts that are active, or disabled.")
    var state: AccountState?

    @Option(help: "The most that are shown, 1 to 1000; the default is 20.", transform: LimitArgument.read)
    var limit = LimitArgument.standard

    @Flag(help: "One JSON object a line.")
    var json = false

    func validate() throws {
        guard let email else { return }
        guard StaffAccounts.isAddress(email) else { throw ValidationError("--email is not an e-mail address") }
        guard role == nil, state == nil else {
            throw ValidationError("--email names one account: --role and --state do not go with it")
        }
    }

    func run() throws {
        let entries = try CommandDatabase.run { connection, _ in
            let directory = AccountDirectory(connection)
            guard let email else {
                return try directory.list(role: role, isDisabled: state.map { $0 == .disabled }, limit: limit.count)
            }
            guard let entry = try directory.account(email) else {
                throw CommandError(.failure, "there is no account with this address")
            }
            return [entry]
        }
        guard !json else {
            for entry in entries { Terminal.say(Self.line(entry)) }
            return
        }
        var table = TextTable("ID", "ROLE", "STATE", "SESSIONS", "LAST USED", "CREATED", "E-MAIL", "NAME")
        for it in entries {
            table.add(
                it.id.lowercaseText, it.role ?? RoleArgument.customer, Self.state(it), "\(it.sessions)",
                it.usedAt?.shortText ?? "-",
                it.createdAt.shortText, it.email ?? it.id.text, it.name.map { Terminal.line($0) } ?? "-")
        }
        Terminal.say(table.text)
    }

    private static func state(_ entry: AccountDirectory.Entry) -> String {
        (entry.disabledAt == nil ? AccountState.active : .disabled).rawValue
    }

    private static func line(_ entry: AccountDirectory.Entry) -> String {
        JSONWriter.line { writer in
            writer.field("id", entry.id)
            writer.field("email", entry.email)
            writer.field("name", entry.name)
            writer.field("role", entry.role)
            writer.field("state", state(entry))
            writer.field("disabled_at", entry.disabledAt)
            writer.field("sessions", entry.sessions)
            writer.field("last_used_at", entry.usedAt)
            writer.field("created_at", entry.createdAt)
        }
    }
}

/// Whether an account can be used.
enum AccountState: String, ExpressibleByArgument, CaseIterable {
    case active, disabled
}

extension AccountRole: ExpressibleByArgument {}
