import Accounts
import ArgumentParser
import Formats
import FoundationEssentials
import Passwords
import PostgresClient

/// `commerce user`
struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Manages accounts: makes those of the staff, gives roles, and disables people.",
        discussion: """
            Run it with the database login that migrates: the service's login can neither give a role nor disable a person. What changes \
            holds on all tasks of the service within two seconds.
            """,
        subcommands: [
            UserCreateCommand.self, UserListCommand.self, UserRoleCommand.self, UserDisableCommand.self, UserEnableCommand.self,
        ])
}

/// `commerce user create`
struct UserCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Creates an account for a member of the staff.",
        discussion: """
            The password is read from standard input, without the end of its line, so that it is in no list of processes and no \
            history. Roles: owner (everything), manager, support, warehouse.

            Exit codes: 0 done, and the id of the account is printed; 1 there is an account with this address; 64 wrong usage; 65 the \
            password is too short, too long or too common; 69 the database cannot be reached.
            """)

    @Option(help: "The person's e-mail address.")
    var email: String

    @Option(help: "owner, manager, support or warehouse.")
    var role: String

    @Option(help: "The person's name.")
    var name: String?

    @Flag(help: "Read the password from standard input.")
    var passwordStdin = false

    func validate() throws {
        guard StaffAccounts.isAddress(email) else { throw ValidationError("--email is not an e-mail address") }
        guard AccountRole(rawValue: role) != nil else {
            let known = AccountRole.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--role must be one of \(known)")
        }
        guard passwordStdin else {
            throw ValidationError("--password-stdin is required: the password is read from standard input")
        }
    }

    func run() throws {
        guard let role = AccountRole(rawValue: role) else { return }
        // Four bytes for each character, and the line's end.
        let password = try StandardInput.line(upTo: PasswordRules.length.upperBound * 4 + 2, "the password")
        let id = try CommandDatabase.run { connection, configuration in
            let shop = configuration.accounts.settings.shopName
            do {
                return try StaffAccounts(connection).create(
                    email: email, name: name, role: role, password: password, shop: shop)
            } catch let error as StaffAccountError {
                throw CommandError(error.isInput ? .data : .failure, error.description)
            }
        }
        Terminal.say(id.text)
    }
}
