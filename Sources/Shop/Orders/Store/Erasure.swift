import Cart
import Formats
import FoundationEssentials
import PostgresClient

/// Removes the data of a person (GDPR, article 17): the name, the address and the e-mail address of all their orders, and their
/// carts; also from events, from what receivers of events have answered and mail servers have said, and from mails that are kept. The
/// items, the amounts and the country stay, as accounting needs them. The person's account goes, with its sessions and addresses, and so
/// do all of its orders' data, whatever their e-mail address is.
///
/// Reads all orders in the order of their ids. Each batch is a transaction of its own, so that new orders do not wait.
package struct Erasure {
    package struct Report: Equatable, Sendable {
        /// Orders from which the person was removed.
        package var orders = 0
        /// The unfinished ones among them: they can no longer be delivered or paid.
        package var open = 0
        package var carts = 0
        /// Stored responses to their requests.
        package var answers = 0
    }

    private let configuration: PostgresConfiguration
    /// How many orders one transaction reads.
    private static let batch = 5_000

    /// The columns of a batch's report.
    private enum Column: Int, PostgresColumn {
        /// The last order of the batch; null where there are no more orders.
        case last
        case orders, open, carts, answers

        var sql: PostgresQuery {
            switch self {
            case .last: "(SELECT id FROM page ORDER BY id DESC LIMIT 1)"
            case .orders: "(SELECT count(*) FROM o)"
            case .open: "(SELECT count(*) FROM o WHERE status IN ('pending_payment', 'confirmed', 'processing'))"
            case .carts: "(SELECT count(*) FROM c)"
            case .answers: "(SELECT count(*) FROM i)"
            }
        }

        static let list = selectList
    }

    package init(_ configuration: PostgresConfiguration) {
        self.configuration = configuration
    }

    /// Whether an order can have this e-mail address.
    package static func isAddress(_ email: String) -> Bool { EmailAddress.parse(email) != nil }

    /// - Parameter email: the e-mail address; upper and lower case are the same
    /// - Throws: ``PostgresError``. The batches before it stay done; another run does the rest.
    package func run(email: String) throws -> Report {
        // In the form that orders have: without white space around it, in NFC.
        guard let email = EmailAddress.parse(email) else { return Report() }
        let connection = try BlockingConnection(configuration)
        try connection.execute(
            "SET application_name = 'commerce erase'; SET client_min_messages = warning; SET lock_timeout = '30s'")
        var report = Report()
        var last = UUID(high: 0, low: 0)
        let key = EmailAddress.key(of: email)
        let account = try connection.query("SELECT id FROM account WHERE email_key = \(key)").first.map { row in
            try row[0, as: UUID.self]
        }
        while true {
            let rows = try connection.query(
                """
                WITH page AS MATERIALIZED (SELECT id, email, customer_id FROM orders WHERE id > \(last) ORDER BY id LIMIT \(literal: Self.batch)), \
                o AS (UPDATE orders SET \(OrderStore.blanking), customer_id = NULL FROM page WHERE orders.id = page.id \
                AND (lower(page.email) = lower(\(email)) OR page.customer_id = \(account as UUID?)) RETURNING orders.id, cart_id, orders.created_at, status), \
                \(OrderStore.erasingRest) SELECT \(Column.list)
                """)
            guard let row = rows.named(Column.self).first, let reached = try row[.last, as: UUID?.self] else { break }
            report.orders += Int(clamping: try row[.orders, as: Int64.self])
            report.open += Int(clamping: try row[.open, as: Int64.self])
            report.carts += Int(clamping: try row[.carts, as: Int64.self])
            report.answers += Int(clamping: try row[.answers, as: Int64.self])
            last = reached
        }
        // Mails about orders that are no longer there. The table has a few hundred rows at most.
        for statement in OrderStore.erasing(emailKey: key) { try connection.query(statement) }
        if let account {
            try connection.transaction {
                // From here on the account can place no order.
                try connection.query("SELECT FROM account WHERE id = \(account) FOR UPDATE")
                let rows = try connection.query("SELECT id FROM orders WHERE customer_id = \(account) ORDER BY id FOR UPDATE")
                let placed = try rows.map { row in try row[0, as: UUID.self] }
                if !placed.isEmpty {
                    try connection.query(OrderStore.erasing(placed))
                    report.orders += placed.count
                }
                try connection.query(OrderStore.erasing(account: account))
            }
        }
        return report
    }
}
