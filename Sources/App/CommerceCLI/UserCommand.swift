import Accounts
import ArgumentParser
import CatalogImport
import Formats
import FoundationEssentials
import Passwords
import PostgresClient

/// `commerce user`
struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Manages the accounts of the shop's staff.",
        subcommands: [UserCreateCommand.self])
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
        let password = try Self.readPassword()
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

    /// Standard input without the end of its line.
    private static func readPassword() throws -> String {
        // Four bytes for each character, and the line's end.
        let most = PasswordRules.length.upperBound * 4 + 2
        var bytes: [UInt8] = []
        do {
            let file = try ImportFile("-")
            while bytes.count <= most {
                let part = try file.next()
                if part.isEmpty { break }
                bytes.append(contentsOf: part)
            }
        } catch {
            throw CommandError(.noInput, error.description)
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandError(.data, "the password is not UTF-8")
        }
        return text
    }
}
