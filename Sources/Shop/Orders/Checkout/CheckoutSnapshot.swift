import Cart
import Inventory
import Money
import Formats
import FoundationEssentials
import PostgresClient
import Web

/// What PostgreSQL told of the rows that some orders need.
struct CheckoutSnapshot {
    /// A cart as its order finds it.
    struct CartHead {
        let tokenHash: [UInt8]
        let version: Int64
        let status: CartStatus
        let currency: String
    }

    /// An answer that was kept under a key.
    struct Kept {
        let requestHash: [UInt8]
        let location: String
        /// As release 1.0 kept it; else nil.
        let body: [UInt8]?
        /// See ``AnswerSeal``.
        let sealed: [UInt8]?

        /// The answer, given again; nil where it cannot be opened for this request.
        func answer(to record: IdempotencyRecord, _ seal: AnswerSeal) -> PlacementAnswer? {
            if let body { return PlacementAnswer(kept: body, location: location) }
            return sealed.flatMap { seal.open($0, location: location, for: record) }
        }
    }

    /// The transaction's time.
    let at: Timestamp
    /// Whether nobody else is at it with the same key, of each order.
    let isFirst: [Bool]
    /// By the record's id.
    let kept: [[UInt8]: Kept]
    let carts: [UUID: CartHead]
    /// The orders that carts have become.
    let orders: [UUID: CartOrder]
    /// The lines of each cart, the oldest first.
    let cartLines: [UUID: RequestedQuantities]
    let shelf: AvailableStock
}

// MARK: Reading

extension CheckoutSnapshot {
    /// - Parameter rows: those of ``CheckoutStatements/opening(_:_:)``
    /// - Throws: `PostgresError` where they are not what was asked for.
    init(_ rows: [PostgresRows], count: Int) throws(PostgresError) {
        guard rows.count == 3 || rows.count == 6, let head = rows[0].first, rows[0].count == count else {
            throw PostgresError(.protocolViolation, "answers are missing")
        }
        at = try head[1]
        var isFirst: [Bool] = []
        for row in rows[0] { isFirst.append(try row[0]) }
        self.isFirst = isFirst
        var kept: [[UInt8]: Kept] = [:]
        for row in rows[1] {
            kept[try row[0]] = Kept(requestHash: try row[1], location: try row[2], body: try row[3], sealed: try row[4])
        }
        self.kept = kept
        var carts: [UUID: CartHead] = [:]
        var orders: [UUID: CartOrder] = [:]
        var lines: [UUID: RequestedQuantities] = [:]
        if rows.count == 6 {
            for row in rows[2] {
                carts[try row[0]] = CartHead(
                    tokenHash: try row[1], version: try row[2],
                    status: CartStatus(rawValue: try row[3], isPastExpiry: try row[5]), currency: try row[4])
            }
            for row in rows[3] {
                _ = lines[try row[0], default: RequestedQuantities()].add(try row[1], Int(try row[2, as: Int32.self]))
            }
            for row in rows[4] { orders[try row[0]] = CartOrder(id: try row[1], number: try row[2], status: try row[3]) }
        }
        self.carts = carts
        self.orders = orders
        cartLines = lines
        var variants: [StockedVariant] = []
        for row in rows[rows.count - 1] {
            variants.append(
                StockedVariant(
                    variant: try row[0], product: try row[1], sku: try row[2], name: try row[3],
                    options: try row[4, as: PostgresJSON.self].compact, image: try row[5], price: Money(try row[6], try row[7]),
                    isOffered: try row[8], onHand: Int(try row[9, as: Int32.self]), reserved: Int(try row[10, as: Int32.self]),
                    maximum: Int(try row[11, as: Int32.self])))
        }
        shelf = AvailableStock(variants)
    }
}
