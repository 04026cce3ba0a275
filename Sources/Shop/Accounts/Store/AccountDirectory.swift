import Formats
import FoundationEssentials
import Orders
import PostgresClient

/// All accounts as the shop's operator sees and changes them, with the database owner's login: the service's login can neither give a
/// role nor disable a person. Blocks.
package struct AccountDirectory {
    private let connection: BlockingConnection

    package init(_ connection: BlockingConnection) { self.connection = connection }

    /// What an operator can change of an account. Tasks of the service act on it within two seconds (decision 36).
    package enum Change: Sendable {
        /// The person can no longer sign in, and all sessions end.
        case disable
        case enable
        /// Another role, or none for a customer. All sessions end, so that what was opened before the change has no part in it.
        case role(AccountRole?)
    }

    /// What became of a change.
    package enum Outcome: Sendable, Equatable {
        case changed(UUID)
        /// The account was so before.
        case unchanged(UUID)
        /// No account has the address.
        case unknown
    }

    /// How an operator names an account.
    package enum Person: Sendable {
        case email(String)
        case id(UUID)

        package var isID: Bool { if case .id = self { true } else { false } }
    }

    /// Changes an account.
    /// - Throws: `PostgresError`
    package func apply(_ change: Change, to person: Person) throws -> Outcome {
        let condition: PostgresQuery
        switch person {
        case .id(let id): condition = "id = \(id)"
        case .email(let text):
            guard let email = EmailAddress.parse(text) else { return .unknown }
            condition = "email_key = \(EmailAddress.key(of: email))"
        }
        return try connection.transaction {
            let rows = try connection.query("SELECT id, role, disabled_at IS NOT NULL FROM account WHERE \(condition) FOR UPDATE")
            guard let (id, role, isDisabled) = try rows.first?.decode((UUID, String?, Bool).self) else { return .unknown }
            let statements: [PostgresQuery]
            switch change {
            case .disable:
                guard !isDisabled else { return .unchanged(id) }
                statements =
                    [
                        "UPDATE account SET disabled_at = now(), updated_at = now() WHERE id = \(id)",
                        "DELETE FROM account_request WHERE account_id = \(id) AND kind = 'email_change'",
                    ]
                    + SessionStore.endingAll(of: id)
            case .enable:
                guard isDisabled else { return .unchanged(id) }
                statements = ["UPDATE account SET disabled_at = NULL, updated_at = now() WHERE id = \(id)"]
            case .role(let new):
                guard new?.rawValue != role else { return .unchanged(id) }
                statements =
                    ["UPDATE account SET role = \(new?.rawValue as String?), updated_at = now() WHERE id = \(id)"]
                    + SessionStore.endingAll(of: id)
            }
            for statement in statements { try connection.query(statement) }
            return .changed(id)
        }
    }

    /// An account in a list.
    package struct Entry: Sendable {
        package let id: UUID
        /// Nil where no issuer has proven one.
        package let email: String?
        package let name: String?
        /// As the database has it; nil for a customer.
        package let role: String?
        package let disabledAt: Timestamp?
        package let createdAt: Timestamp
        package let sessions: Int
        /// When a session was last opened or refreshed; nil without a session.
        package let usedAt: Timestamp?
    }

    private enum Column: Int, PostgresColumn {
        case id, email, name, role, disabledAt, createdAt, sessions, usedAt

        var sql: PostgresQuery {
            switch self {
            case .id: "a.id"
            case .email: "a.email"
            case .name: "a.name"
            case .role: "a.role"
            case .disabledAt: "a.disabled_at"
            case .createdAt: "a.created_at"
            case .sessions: "(SELECT count(*) FROM account_session s WHERE s.account_id = a.id AND s.expires_at > now())"
            case .usedAt: "(SELECT max(s.used_at) FROM account_session s WHERE s.account_id = a.id AND s.expires_at > now())"
            }
        }

        static let list = selectList
    }

    /// The staff, and all whose account is disabled, by their addresses.
    /// - Parameters:
    ///   - role: only those with this role
    ///   - isDisabled: only those that are disabled, or that are not; nil for both
    package func list(role: AccountRole?, isDisabled: Bool?, limit: Int) throws -> [Entry] {
        var condition: PostgresQuery = "(a.role IS NOT NULL OR a.disabled_at IS NOT NULL)"
        if let role { condition.append(" AND a.role = \(role.rawValue)") }
        if let isDisabled { condition.append(isDisabled ? " AND a.disabled_at IS NOT NULL" : " AND a.disabled_at IS NULL") }
        return try Self.entries(
            try connection.query(
                "SELECT \(Column.list) FROM account a WHERE \(condition) ORDER BY a.email_key LIMIT \(literal: limit)"))
    }

    /// The account with an e-mail address, of staff or of a customer; nil where there is none.
    package func account(_ email: String) throws -> Entry? {
        guard let email = EmailAddress.parse(email) else { return nil }
        return try Self.entries(
            try connection.query(
                "SELECT \(Column.list) FROM account a WHERE a.email_key = \(EmailAddress.key(of: email))")
        ).first
    }

    private static func entries(_ rows: PostgresRows) throws -> [Entry] {
        try rows.named(Column.self).map { row in
            Entry(
                id: try row[.id], email: try row[.email], name: try row[.name], role: try row[.role],
                disabledAt: try row[.disabledAt], createdAt: try row[.createdAt],
                sessions: Int(clamping: try row[.sessions, as: Int64.self]), usedAt: try row[.usedAt])
        }
    }
}
