import Formats
import FoundationEssentials
import PostgresClient
import Web

/// Who places an order, as far as the bounds on unpaid orders go: keyed hashes, of which nobody without the key can tell whose
/// they are.
package struct Holder: Hashable, Sendable {
    package let client: [UInt8]
    package let email: [UInt8]

    /// Locks that make the orders of one client, and of one address, be decided one after another.
    var locks: [Int64] {
        [client, email].map { Int64(bitPattern: $0.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }) }
    }
}

/// The bounds, and the key that tells holders from each other.
package struct HoldPolicy: Sendable {
    let limits: HoldLimits
    private let clients: AuthenticationKey
    private let emails: AuthenticationKey

    package init(_ limits: HoldLimits, keys: EncryptionKeys) {
        self.limits = limits
        clients = keys.authentication(for: EncryptionKeys.Purpose("holder's address"))
        emails = keys.authentication(for: EncryptionKeys.Purpose("holder's e-mail"))
    }

    /// - Parameter client: the account or address of who asks, as rate limits count it
    package func holder(client: String, email: String) -> Holder {
        Holder(
            client: Array(clients.code(client.utf8).prefix(16)),
            email: Array(emails.code(EmailAddress.normalized(email).utf8).prefix(16)))
    }
}

/// What some clients and addresses hold at a moment, and what orders decided since then have added: a pure value.
struct Holdings: Sendable, Equatable {
    struct Sum: Sendable, Equatable {
        var orders = 0
        var units = 0
        /// By variant; of clients only.
        var variants: [UUID: Int] = [:]
    }

    /// By hash; those of clients and of addresses come from different keys.
    private(set) var sums: [[UInt8]: Sum] = [:]

    init() {}

    /// - Parameter rows: those of ``HoldStatements/reading(_:)``
    init(_ rows: PostgresRows) throws(PostgresError) {
        for row in rows {
            let hash = try row[0, as: [UInt8].self]
            let units = Int(clamping: try row[3, as: Int64.self])
            if let variant = try row[1, as: UUID?.self] {
                sums[hash, default: Sum()].variants[variant] = units
            } else {
                sums[hash, default: Sum()].orders = Int(clamping: try row[2, as: Int64.self])
                sums[hash, default: Sum()].units = units
            }
        }
    }

    subscript(hash: [UInt8]) -> Sum { sums[hash] ?? Sum() }

    /// Adds an order that is to be placed.
    mutating func add(_ lines: [OrderLine], of holder: Holder) {
        let units = lines.reduce(0) { $0 + $1.quantity }
        for hash in [holder.client, holder.email] {
            sums[hash, default: Sum()].orders += 1
            sums[hash, default: Sum()].units += units
        }
        for line in lines { sums[holder.client, default: Sum()].variants[line.variant, default: 0] += line.quantity }
    }

    /// - Throws: `Problem` (409) where an order of these lines would hold more than one may.
    /// - Parameter onHand: how many there are of a variant, those that are held among them
    func check(
        _ lines: [OrderLine], of holder: Holder, _ limits: HoldLimits, onHand: (OrderLine) -> Int
    ) throws(Problem) {
        let (client, email) = (self[holder.client], self[holder.email])
        if client.orders >= limits.ordersPerClient { throw .openOrders(limits.ordersPerClient, "From your address") }
        if email.orders >= limits.ordersPerEmail { throw .openOrders(limits.ordersPerEmail, "For this e-mail address") }
        let units = lines.reduce(0) { $0 + $1.quantity }
        if client.units + units > limits.unitsPerClient {
            throw .heldUnits(limits.unitsPerClient, held: client.units, "From your address")
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

/// The SQL of what is held.
enum HoldStatements {
    /// Before anything else: what is read later is as the holders' orders before have left it. In one order always, so that
    /// transactions never wait for each other in a circle.
    static func locking(_ holders: [Holder], lockTimeout: Duration) -> PostgresQuery {
        let locks = Array(Set(holders.flatMap(\.locks))).sorted()
        let timeout = "\(lockTimeout.nanosecondsClamped / 1_000_000)ms"
        return """
            SELECT pg_advisory_xact_lock(k.lock) FROM (SELECT set_config('lock_timeout', \(timeout), true)) t, \
            unnest(\(locks)) AS k (lock)
            """
    }

    /// Rows of hash, variant, orders, and units: the sums of each client and address, and those of each client's variants.
    static func reading(_ holders: [Holder]) -> PostgresQuery {
        let (clients, emails) = (holders.map(\.client), holders.map(\.email))
        return """
            WITH h AS MATERIALIZED (SELECT h.* FROM order_hold h JOIN reservation r ON r.order_id = h.order_id \
            AND r.state = 'held' WHERE h.client_hash = ANY(\(clients)) OR h.email_hash = ANY(\(emails))) \
            SELECT client_hash, NULL::uuid, count(*), sum(units) FROM h WHERE client_hash = ANY(\(clients)) GROUP BY 1 \
            UNION ALL SELECT email_hash, NULL, count(*), sum(units) FROM h WHERE email_hash = ANY(\(emails)) GROUP BY 1 \
            UNION ALL SELECT h.client_hash, l.variant_id, 0, sum(l.quantity) FROM h \
            JOIN order_line l ON l.order_id = h.order_id WHERE h.client_hash = ANY(\(clients)) GROUP BY 1, 2
            """
    }

    /// Who holds what these orders hold; nil where no bounds are kept.
    static func writing(_ placed: [PlacedOrder]) -> PostgresQuery? {
        let held = placed.compactMap { placed in placed.holder.map { (placed.order, $0) } }
        guard !held.isEmpty else { return nil }
        return """
            INSERT INTO order_hold (order_id, client_hash, email_hash, units) SELECT * FROM \
            unnest(\(held.map(\.0.id)), \(held.map(\.1.client)), \(held.map(\.1.email)), \
            \(held.map { Int32(clamping: $0.0.lines.reduce(0) { $0 + $1.quantity }) }))
            """
    }
}

extension Problem {
    fileprivate static func openOrders(_ limit: Int, _ whose: String) -> Problem {
        Problem(
            .openOrdersLimit,
            "\(whose), \(limit) orders are open and not paid. Pay or cancel one of them, or wait until one expires."
        )
        .with("limit", .number(JSONNumber(limit)))
    }

    fileprivate static func heldUnits(_ limit: Int, held: Int, _ whose: String) -> Problem {
        Problem(
            .heldUnitsLimit,
            "\(whose), unpaid orders can hold \(limit) pieces at most; they hold \(held). Pay or cancel an order, or order less."
        )
        .with("limit", .number(JSONNumber(limit)))
        .with("held", .number(JSONNumber(held)))
    }

    fileprivate static func heldShare(_ lines: [(line: OrderLine, held: Int, limit: Int)]) -> Problem {
        let members = lines.map { line, held, limit in
            var object = JSONObject()
            object.append("sku", .string(line.sku))
            object.append("requested", .number(JSONNumber(line.quantity)))
            object.append("held", .number(JSONNumber(held)))
            object.append("limit", .number(JSONNumber(limit)))
            return JSONValue.object(object)
        }
        let names = lines.prefix(3).map { "\($0.limit) of \($0.line.sku)" }.joined(separator: ", ")
        return Problem(.heldShareLimit, "Before you have paid, you can have at most \(names) on order. Order less, or pay first.")
            .with("lines", .array(members))
    }
}

extension RouteLimit {
    /// What placing orders is held to.
    package static func orders(_ policies: [RatePolicy]) -> RouteLimit {
        RouteLimit(.post, "/v1/orders", policies: policies, refusal: .tooManyOrders) { policy in
            let time = policy.window == 60 ? "a minute" : policy.window == 86_400 ? "a day" : "\(policy.window) seconds"
            return "From your address, at most \(policy.quota) orders can be sent in \(time)."
        }
    }
}
