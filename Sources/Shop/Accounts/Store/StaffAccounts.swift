import Formats
import FoundationEssentials
import Orders
import Passwords
import PostgresClient

/// Accounts of the shop's staff, which an operator makes with the database owner's login. Blocks.
package struct StaffAccounts {
    private let connection: BlockingConnection

    package init(_ connection: BlockingConnection) { self.connection = connection }

    /// Whether an account can have this e-mail address.
    package static func isAddress(_ email: String) -> Bool { EmailAddress.parse(email) != nil }

    /// Creates an account.
    /// - Returns: its id
    /// - Throws: ``StaffAccountError``, `PostgresError`
    package func create(email: String, name: String?, role: AccountRole, password: String, shop: String) throws -> UUID {
        guard let email = EmailAddress.parse(email) else { throw StaffAccountError("the address is not valid", isInput: true) }
        if let fault = PasswordRules.fault(of: password, words: PasswordRules.words(email: email, shop: shop)) {
            throw StaffAccountError("the password \(fault)", isInput: true)
        }
        let hash: PasswordHash
        do { hash = try PasswordHash(of: PasswordRules.bytes(of: password)) } catch {
            throw StaffAccountError(error.description, isInput: false)
        }
        let id = UUID.v7(at: .now)
        let rows = try connection.query(
            """
            INSERT INTO account (id, email, email_key, name, password_hash, role) VALUES (\(id), \(email), \
            \(EmailAddress.key(of: email)), \(name as String?), \(hash.text), \(role.rawValue)) \
            ON CONFLICT (email_key) DO NOTHING RETURNING id
            """)
        guard !rows.isEmpty else { throw StaffAccountError("there is an account with this address already", isInput: false) }
        return id
    }
}

/// Why an account was not made.
package struct StaffAccountError: Error, CustomStringConvertible {
    package let description: String
    /// Whether the input is wrong.
    package let isInput: Bool

    init(_ description: String, isInput: Bool) {
        self.description = description
        self.isInput = isInput
    }
}
