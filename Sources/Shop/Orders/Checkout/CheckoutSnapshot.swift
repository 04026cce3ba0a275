import Cart
import Formats
import FoundationEssentials
import Inventory
import Money
import PostgresClient
import Web

/// What PostgreSQL has of a batch of orders before they are decided.
struct CheckoutSnapshot {
    /// A cart at the time of its order.
    struct CartHead {
        let tokenHash: [UInt8]
        let version: Int64
        let status: CartStatus
        let currency: String
    }

    /// A response that was stored under a key.
    struct StoredResponse {
        let requestHash: [UInt8]
        let location: String
        /// The body as release 1.0 stored it; else nil.
        let body: [UInt8]?
        /// See ``ResponseSeal``.
        let sealed: [UInt8]?
        /// The payload of the order's first event.
        var document: [UInt8]?

        /// The response to the same request; nil where it cannot be opened.
        func response(to record: IdempotencyRecord, _ seal: ResponseSeal) -> CheckoutResponse? {
            if let body { return CheckoutResponse(stored: body, location: location) }
            return sealed.flatMap { seal.open($0, document: document, location: location, for: record) }
        }
    }

    /// The transaction's time.
    let time: Timestamp
    /// For each request, whether no other transaction is at work with its key.
    let hasKeyLock: [Bool]
    /// By the record's id.
    let stored: [[UInt8]: StoredResponse]
    let carts: [UUID: CartHead]
    /// The orders that were placed from carts, by cart.
    let orders: [UUID: CartOrder]
    /// The lines of each cart, the oldest first.
    let cartLines: [UUID: RequestedQuantities]
    let stock: AvailableStock

    /// The cart of a request; nil without one, or where the token is wrong.
    func cart(of request: CheckoutRequest) -> CartHead? {
        guard let id = request.order.cart, let cart = carts[id], cart.tokenHash == request.cartTokenHash else { return nil }
        return cart
    }
}

// MARK: Reading

extension CheckoutSnapshot {
    /// - Parameter rows: the rows of ``CheckoutStatements/opening(_:lockTimeout:locksStock:)``
    /// - Throws: `PostgresError` for other rows.
    init(_ rows: [PostgresRows], count: Int) throws(PostgresError) {
        guard rows.count == 3 || rows.count == 6, rows[0].count == count else {
            throw PostgresError(.protocolViolation, "results are missing")
        }
        guard let first = rows[0].first.map(CheckoutRow<CheckoutStatements.KeyColumn>.init) else {
            throw PostgresError(.protocolViolation, "results are missing")
        }
        time = try first[.now]
        var hasKeyLock: [Bool] = []
        for row in rows[0] { hasKeyLock.append(try CheckoutRow<CheckoutStatements.KeyColumn>(row)[.hasLock]) }
        self.hasKeyLock = hasKeyLock
        var stored: [[UInt8]: StoredResponse] = [:]
        for row in rows[1] {
            let row = CheckoutRow<CheckoutStatements.StoredResponseColumn>(row)
            stored[try row[.id]] = StoredResponse(
                requestHash: try row[.requestHash], location: try row[.location], body: try row[.body],
                sealed: try row[.sealed], document: try row[.document, as: String?.self].map { Array($0.utf8) })
        }
        self.stored = stored
        var carts: [UUID: CartHead] = [:]
        var orders: [UUID: CartOrder] = [:]
        var lines: [UUID: RequestedQuantities] = [:]
        if rows.count == 6 {
            for row in rows[2] {
                let row = CheckoutRow<CheckoutStatements.CartColumn>(row)
                carts[try row[.id]] = CartHead(
                    tokenHash: try row[.tokenHash], version: try row[.version],
                    status: CartStatus(rawValue: try row[.status], isPastExpiry: try row[.isPastExpiry]),
                    currency: try row[.currency])
            }
            for row in rows[3] {
                let row = CheckoutRow<CheckoutStatements.CartLineColumn>(row)
                let quantity = Int(try row[.quantity, as: Int32.self])
                _ = lines[try row[.cart], default: RequestedQuantities()].add(try row[.sku], quantity)
            }
            for row in rows[4].named(CartOrder.Column.self) { orders[try row[.cart]] = try CartOrder(row) }
        }
        self.carts = carts
        self.orders = orders
        cartLines = lines
        var variants: [StockedVariant] = []
        for row in rows[rows.count - 1] {
            let row = CheckoutRow<CheckoutStatements.VariantColumn>(row)
            variants.append(
                StockedVariant(
                    variant: try row[.variant], product: try row[.product], sku: try row[.sku], name: try row[.name],
                    options: try row[.options, as: PostgresJSON.self].compact, image: try row[.image],
                    price: Money(try row[.price], try row[.currency]), isOffered: try row[.isOffered],
                    onHand: Int(try row[.onHand, as: Int32.self]), reserved: Int(try row[.reserved, as: Int32.self]),
                    maximum: Int(try row[.maximum, as: Int32.self])))
        }
        stock = AvailableStock(variants)
    }
}

/// A row whose columns are read by name, as ``PostgresNamedRow``. This one is specialized for its columns, since it is in the
/// module that reads them: placing an order reads about forty values.
private struct CheckoutRow<Column: PostgresColumn> {
    let row: PostgresRow

    init(_ row: PostgresRow) { self.row = row }

    subscript<Value: PostgresDecodable>(_ column: Column, as type: Value.Type = Value.self) -> Value {
        get throws(PostgresError) { try row[column.rawValue, as: type] }
    }
}
