import Formats
import FoundationEssentials
import PostgresClient
import Web

/// The orders of customers.
extension OrderStore {
    /// Gives the orders that guests have placed with an address to the account whose mailbox has just been proven. Orders of other
    /// customers with this address stay theirs.
    /// - Parameter emailKey: see ``EmailAddress/key(of:)``
    package static func linking(emailKey: String, to account: UUID) -> PostgresQuery {
        """
        UPDATE orders SET customer_id = \(account) WHERE customer_id IS NULL AND lower(email COLLATE "C") = \(emailKey) \
        AND erased_at IS NULL
        """
    }
}

extension OrderStore {
    /// A page of a customer's orders, the newest first, and whether there are more.
    /// - Parameter place: of the last order of the page before
    package func orders(of customer: UUID, limit: Int, after place: Cursor?) async throws -> ([Order], hasMore: Bool) {
        var condition: PostgresQuery = "customer_id = \(customer)"
        if let fields = place?.fields {
            guard fields.count == 2, case .time(let time) = fields[0], case .uuid(let id) = fields[1] else {
                throw Problem(.invalidCursor)
            }
            condition.append(" AND (created_at, id) < (\(time), \(id))")
        }
        let page: PostgresQuery = """
            o.id = ANY(ARRAY(SELECT id FROM orders WHERE \(condition) ORDER BY created_at DESC, id DESC \
            LIMIT \(literal: limit + 1)))
            """
        let rows = try await pool.query(Self.selecting(page)).named(Column.self)
        var orders: [Order] = []
        var start = rows.startIndex
        while start < rows.endIndex {
            let id = try rows[start][.id, as: UUID.self]
            var end = start + 1
            while end < rows.endIndex, try rows[end][.id, as: UUID.self] == id { end += 1 }
            if let order = try Self.order(rows[start..<end]) { orders.append(order) }
            start = end
        }
        orders.sort { ($1.createdAt, $1.id) < ($0.createdAt, $0.id) }
        return (Array(orders.prefix(limit)), orders.count > limit)
    }

    /// How many orders a customer has.
    package func orderCount(of customer: UUID) async throws -> Int64 {
        let rows = try await pool.query("SELECT count(*) FROM orders WHERE customer_id = \(customer)")
        return try rows.first?.decode((Int64).self) ?? 0
    }

    /// The order that a person asks for by its number, if it was placed with this address.
    package func order(number: String, emailKey: String) async throws -> UUID? {
        let rows = try await pool.query(
            """
            SELECT id FROM orders WHERE number = \(number) AND lower(email COLLATE "C") = \(emailKey) AND erased_at IS NULL
            """)
        return try rows.first?.decode((UUID).self)
    }
}

/// What gives access to an order.
package enum OrderKey: Sendable {
    /// Of the guest's token, or of one in a mail.
    case token(hash: [UInt8])
    /// The account of the customer who has placed it.
    case customer(UUID)
}

extension Order {
    /// Its place in the list of a customer's orders.
    package var place: Cursor { Cursor([.time(createdAt), .uuid(id)]) }
}
