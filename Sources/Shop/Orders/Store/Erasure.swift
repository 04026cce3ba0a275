import Formats
import FoundationEssentials
import PostgresClient

/// Removes what the shop knows of a person (GDPR, article 17): of all orders for an e-mail address the name, the address and
/// the e-mail, and their carts. What was bought, for how much, and the country stay, as records of money must.
///
/// Reads all orders, a batch at a time along their key, and each batch is a transaction of its own: orders go on meanwhile.
package struct Erasure {
    package struct Report: Equatable, Sendable {
        /// Orders whose person was removed.
        package var orders = 0
        /// Those among them that were not done with: they can be neither delivered nor paid any more.
        package var open = 0
        package var carts = 0
        /// Kept answers to their requests.
        package var answers = 0
    }

    private let configuration: PostgresConfiguration
    /// How many orders are looked through in a transaction.
    private static let batch = 5_000

    package init(_ configuration: PostgresConfiguration) {
        self.configuration = configuration
    }

    /// Whether this can be an address that an order was placed with.
    package static func isAddress(_ email: String) -> Bool { EmailAddress.parse(email) != nil }

    /// - Parameter email: the address, read as that of an order is; its case does not matter
    /// - Throws: ``PostgresError``; what was done before it stays done, and the same again does the rest.
    package func run(email: String) throws -> Report {
        // As orders keep it: without white space around it, in NFC.
        guard let email = EmailAddress.parse(email) else { return Report() }
        let connection = try BlockingConnection(configuration)
        try connection.execute(
            "SET application_name = 'commerce erase'; SET client_min_messages = warning; SET lock_timeout = '30s'")
        var report = Report()
        var last = UUID(high: 0, low: 0)
        while true {
            let rows = try connection.query(
                """
                WITH page AS MATERIALIZED (SELECT id, email FROM orders WHERE id > \(last) ORDER BY id LIMIT \(literal: Self.batch)), \
                o AS (UPDATE orders SET \(OrderStore.blanking) FROM page WHERE orders.id = page.id \
                AND lower(page.email) = lower(\(email)) RETURNING orders.id, cart_id, orders.created_at, status), \
                i AS (DELETE FROM idempotency USING o WHERE \(OrderStore.answer) RETURNING 1), \
                c AS (DELETE FROM cart USING o WHERE cart.id = o.cart_id RETURNING 1), \
                h AS (DELETE FROM order_hold USING o WHERE order_hold.order_id = o.id) \
                SELECT (SELECT id FROM page ORDER BY id DESC LIMIT 1), (SELECT count(*) FROM o), (SELECT count(*) FROM o \
                WHERE status IN ('pending_payment', 'confirmed', 'processing')), (SELECT count(*) FROM c), (SELECT count(*) FROM i)
                """)
            guard let row = rows.first, let reached = try row[0, as: UUID?.self] else { return report }
            report.orders += Int(clamping: try row[1, as: Int64.self])
            report.open += Int(clamping: try row[2, as: Int64.self])
            report.carts += Int(clamping: try row[3, as: Int64.self])
            report.answers += Int(clamping: try row[4, as: Int64.self])
            last = reached
        }
    }
}
