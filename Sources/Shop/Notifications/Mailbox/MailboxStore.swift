import Formats
import FoundationEssentials
import PostgresClient

/// The mails that are kept for a look instead of being sent, on a developer's machine.
package struct MailboxStore: MailTransport {
    let pool: PostgresPool
    /// How many mails are kept.
    private static let kept = 500

    package init(pool: PostgresPool) { self.pool = pool }

    package func send(_ mail: OutgoingMail) async throws(MailTransportError) {
        do {
            _ = try await pool.batch([
                """
                WITH d AS (DELETE FROM mailbox_message WHERE id IN (SELECT id FROM mailbox_message \
                ORDER BY created_at DESC OFFSET \(literal: Self.kept - 1))) \
                INSERT INTO mailbox_message (id, event_id, recipient, subject, message) \
                VALUES (\(mail.id), \(mail.event), \(mail.recipient), \(mail.subject), \(mail.message))
                """
            ])
        } catch {
            throw MailTransportError(isPermanent: false, message: "the mailbox cannot be written")
        }
    }

    package func close() async {}

    // MARK: Reading

    struct Entry {
        let id: UUID
        let recipient: String
        let subject: String
        let at: Timestamp
        /// Empty in lists.
        let message: [UInt8]
    }

    private enum Column: Int, PostgresColumn {
        case id, recipient, subject, at

        var sql: PostgresQuery {
            switch self {
            case .id: "id"
            case .recipient: "recipient"
            case .subject: "subject"
            case .at: "created_at"
            }
        }

        static let list = selectList
    }

    /// All mails, the newest first.
    func list() async throws -> [Entry] {
        let rows = try await pool.query(
            "SELECT \(Column.list) FROM mailbox_message ORDER BY created_at DESC, id DESC LIMIT \(literal: Self.kept)")
        return try rows.named(Column.self).map { row in try Self.entry(row, message: []) }
    }

    func entry(_ id: UUID) async throws -> Entry? {
        let rows = try await pool.query("SELECT \(Column.list), message FROM mailbox_message WHERE id = \(id)")
        return try rows.named(Column.self).first.map { row in
            try Self.entry(row, message: try row.row[Column.allCases.count, as: [UInt8].self])
        }
    }

    private static func entry(_ row: PostgresNamedRow<Column>, message: [UInt8]) throws -> Entry {
        Entry(
            id: try row[.id], recipient: try row[.recipient], subject: try row[.subject], at: try row[.at], message: message)
    }
}
