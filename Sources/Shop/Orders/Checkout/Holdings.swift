import Formats
import FoundationEssentials
import PostgresClient
import Web

/// How much stock one client can hold with unpaid orders, so that no client can reserve the whole shop.
package struct HoldLimits: Sendable, Equatable {
    /// The largest number of unpaid orders of one client.
    package var ordersPerClient = 10
    /// The same for one e-mail address. More than for a client, so that one client alone cannot block an address.
    package var ordersPerEmail = 20
    /// The largest number of units in the unpaid orders of one client.
    package var unitsPerClient = 500
    package var unitsPerEmail = 1_000
    /// The largest part of a variant's stock in the unpaid orders of one client, in percent.
    package var share = 20
    /// How many units of a variant a client can hold even where its share is smaller: a shopper may buy the last ones.
    package var pieces = 5

    package init() {}

    /// How many units of a variant with this stock a client can hold: at least 1.
    func pieces(ofStock onHand: Int) -> Int {
        guard share < 100 else { return Int.max }
        let (product, overflow) = max(0, onHand).multipliedReportingOverflow(by: share)
        return max(overflow ? onHand : product / 100, pieces, 1)
    }
}

/// The client of an order, as limits on unpaid orders count it: keyed hashes, which reveal nothing without the key.
package struct Holder: Hashable, Sendable {
    package let client: [UInt8]
    package let email: [UInt8]

    /// Locks under which the orders of one client, and of one e-mail address, are decided one after another.
    var locks: [Int64] {
        [client, email].map { Int64(bitPattern: $0.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }) }
    }
}

/// The limits, and the keys that identify holders.
package struct HoldPolicy: Sendable {
    let limits: HoldLimits
    private let clients: AuthenticationKey
    private let emails: AuthenticationKey

    package init(_ limits: HoldLimits, keys: EncryptionKeys) {
        self.limits = limits
        clients = keys.authentication(for: EncryptionKeys.Purpose("holder's address"))
        emails = keys.authentication(for: EncryptionKeys.Purpose("holder's e-mail"))
    }

    /// - Parameter client: the client's account or address, as rate limits count it
    package func holder(client: String, email: String) -> Holder {
        Holder(
            client: Array(clients.code(client.utf8).prefix(16)),
            email: Array(emails.code(EmailAddress.normalized(email).utf8).prefix(16)))
    }
}

/// What clients and e-mail addresses hold, with the orders that were decided since it was read: a value without I/O.
struct Holdings: Sendable, Equatable {
    struct Sum: Sendable, Equatable {
        var orders = 0
        var units = 0
        /// By variant; of clients only.
        var variants: [UUID: Int] = [:]
    }

    /// By hash. Clients and addresses have different keys, so that their hashes differ.
    private(set) var sums: [[UInt8]: Sum] = [:]

    init() {}

    /// - Parameter rows: the rows of ``HoldStatements/reading(_:)``
    init(_ rows: PostgresRows) throws(PostgresError) {
        for row in rows.named(HoldStatements.Column.self) {
            let hash = try row[.hash, as: [UInt8].self]
            let units = Int(clamping: try row[.units, as: Int64.self])
            if let variant = try row[.variant, as: UUID?.self] {
                sums[hash, default: Sum()].variants[variant] = units
            } else {
                sums[hash, default: Sum()].orders = Int(clamping: try row[.orders, as: Int64.self])
                sums[hash, default: Sum()].units = units
            }
        }
    }

    subscript(hash: [UInt8]) -> Sum { sums[hash] ?? Sum() }

    /// Adds an order that will be placed.
    mutating func add(_ lines: [OrderLine], of holder: Holder) {
        let units = lines.reduce(0) { $0 + $1.quantity }
        for hash in [holder.client, holder.email] {
            sums[hash, default: Sum()].orders += 1
            sums[hash, default: Sum()].units += units
        }
        for line in lines { sums[holder.client, default: Sum()].variants[line.variant, default: 0] += line.quantity }
    }

    /// - Parameter onHand: the stock of a variant, reserved units included
    /// - Throws: `Problem` (409) where an order of these lines would exceed a limit.
    func check(
        _ lines: [OrderLine], of holder: Holder, _ limits: HoldLimits, onHand: (OrderLine) -> Int
    ) throws(Problem) {
        let (client, email) = (self[holder.client], self[holder.email])
        if client.orders >= limits.ordersPerClient { throw .openOrders(limits.ordersPerClient, "From your IP address") }
        if email.orders >= limits.ordersPerEmail { throw .openOrders(limits.ordersPerEmail, "For this e-mail address") }
        let units = lines.reduce(0) { $0 + $1.quantity }
        if client.units + units > limits.unitsPerClient {
            throw .heldUnits(limits.unitsPerClient, held: client.units, "From your IP address")
        }
        if email.units + units > limits.unitsPerEmail {
            throw .heldUnits(limits.unitsPerEmail, held: email.units, "For this e-mail address")
        }
        let beyond = lines.compactMap { line -> (line: OrderLine, held: Int, limit: Int)? in
            let (held, limit) = (client.variants[line.variant] ?? 0, limits.pieces(ofStock: onHand(line)))
            return held + line.quantity > limit ? (line, held, limit) : nil
        }
        guard beyond.isEmpty else { throw .heldShare(beyond) }
    }
}

/// The SQL that reads and writes what clients hold.
enum HoldStatements {
    /// A row is the sum of a client or an e-mail address, or of a client's orders for a variant.
    enum Column: Int, PostgresColumn {
        case hash, variant, orders, units

        var sql: PostgresQuery {
            switch self {
            case .hash: "hash"
            case .variant: "variant"
            case .orders: "orders"
            case .units: "units"
            }
        }

        static let list = selectList
    }

    /// Locks the holders. It comes first, so that later statements see the holders' earlier orders. The locks are taken in one
    /// order, so that transactions never wait for each other in a circle.
    static func locking(_ holders: [Holder], lockTimeout: Duration) -> PostgresQuery {
        let locks = Array(Set(holders.flatMap(\.locks))).sorted()
        let timeout = "\(lockTimeout.nanosecondsClamped / 1_000_000)ms"
        return """
            SELECT pg_advisory_xact_lock(k.lock) FROM (SELECT set_config('lock_timeout', \(timeout), true)) t, \
            unnest(\(locks)) AS k (lock)
            """
    }

    /// The sums of each client and each address, and those of each client's variants.
    static func reading(_ holders: [Holder]) -> PostgresQuery {
        let (clients, emails) = (holders.map(\.client), holders.map(\.email))
        return """
            WITH h AS MATERIALIZED (SELECT h.* FROM order_hold h JOIN reservation r ON r.order_id = h.order_id \
            AND r.state = 'held' WHERE h.client_hash = ANY(\(clients)) OR h.email_hash = ANY(\(emails))), \
            s (hash, variant, orders, units) AS (\
            SELECT client_hash, NULL::uuid, count(*), sum(units) FROM h WHERE client_hash = ANY(\(clients)) GROUP BY 1 \
            UNION ALL SELECT email_hash, NULL, count(*), sum(units) FROM h WHERE email_hash = ANY(\(emails)) GROUP BY 1 \
            UNION ALL SELECT h.client_hash, l.variant_id, 0, sum(l.quantity) FROM h \
            JOIN order_line l ON l.order_id = h.order_id WHERE h.client_hash = ANY(\(clients)) GROUP BY 1, 2) \
            SELECT \(Column.list) FROM s
            """
    }

    /// Notes the holders of new orders; nil without limits.
    static func writing(_ placed: [PlacedOrder]) -> PostgresQuery? {
        let held = placed.compactMap { placed in placed.request.holder.map { (placed.order, $0) } }
        guard !held.isEmpty else { return nil }
        return """
            INSERT INTO order_hold (order_id, client_hash, email_hash, units) SELECT * FROM \
            unnest(\(held.map(\.0.id)), \(held.map(\.1.client)), \(held.map(\.1.email)), \
            \(held.map { Int32(clamping: $0.0.lines.reduce(0) { $0 + $1.quantity }) }))
            """
    }
}
