import Formats
import FoundationEssentials
import PostgresClient
import Web

/// Carts in PostgreSQL. Every write takes the cart's row lock first, so that writes to one cart go one by one.
package struct CartStore {
    let pool: PostgresPool
    /// How long a cart lives after its last change.
    let lifetime: Duration
    /// Told of every cart that a request has changed, once that is committed.
    let changed: (CartChangedEvent) -> Void

    package init(pool: PostgresPool, lifetime: Duration, changed: @escaping (CartChangedEvent) -> Void = { _ in }) {
        self.pool = pool
        self.lifetime = lifetime
        self.changed = changed
    }

    /// How a request names a cart: its id, and the hash of the secret that goes with it.
    package struct Key: Sendable {
        let id: UUID
        let tokenHash: [UInt8]
    }

    /// A new, empty cart.
    package func create(currency: String, tokenHash: [UInt8]) async throws -> Cart {
        let now = Timestamp.now
        let cart = Cart(
            id: UUID.v7(at: now), version: 1, status: .active, currency: currency, updatedAt: now,
            expiresAt: now + lifetime, lines: [])
        _ = try await pool.batch([
            """
            INSERT INTO cart (id, token_hash, currency, created_at, updated_at, expires_at) \
            VALUES (\(cart.id), \(tokenHash), \(currency), \(now), \(now), \(cart.expiresAt))
            """
        ])
        return cart
    }

    /// A new cart with the lines of one that has come to its end, at today's prices.
    /// - Parameters:
    ///   - key: of the cart that ended
    ///   - currency: what the caller wants it to be in; nil for that of the cart
    ///   - tokenHash: of the new cart's secret
    /// - Returns: nil where there is no such cart, or the secret is another's
    /// - Throws: `Problem` as ``CartRules/linesAgain(of:)`` decides
    package func create(from key: Key, currency: String?, tokenHash: [UInt8]) async throws -> Cart? {
        guard let old = try await cart(key) else { return nil }
        guard currency == nil || currency == old.currency else {
            throw Problem.invalid("/currency", "the cart's lines are priced in \(old.currency)")
        }
        let lines = try CartRules.linesAgain(of: old)
        let now = Timestamp.now
        let cart = Cart(
            id: UUID.v7(at: now), version: 1, status: .active, currency: old.currency, updatedAt: now, expiresAt: now + lifetime,
            lines: lines)
        // In the order of the lines, which is kept by their times. A variant that is deleted meanwhile is left out.
        _ = try await pool.batch([
            """
            WITH c AS (INSERT INTO cart (id, token_hash, currency, created_at, updated_at, expires_at) \
            VALUES (\(cart.id), \(tokenHash), \(cart.currency), \(now), \(now), \(cart.expiresAt)) RETURNING id) \
            INSERT INTO cart_item (cart_id, variant_id, quantity, unit_price, added_at) SELECT c.id, v.id, l.quantity, l.price, \
            \(now) + l.place * interval '1 microsecond' FROM c, unnest(\(lines.map(\.variant)), \
            \(lines.map { Int32(clamping: $0.quantity) }), \(lines.map(\.seenPrice))) WITH ORDINALITY \
            AS l (variant, quantity, price, place) JOIN variant v ON v.id = l.variant
            """
        ])
        return cart
    }

    /// The cart as it stands; nil where there is none, or the secret is another's.
    package func cart(_ key: Key) async throws -> Cart? {
        try Self.decode(try await pool.query(Self.view(key)))
    }

    /// The cart as it stands, for whoever has shown before that it is theirs.
    func cart(_ id: UUID) async throws -> Cart? {
        try Self.decode(try await pool.query(Self.view(id)))
    }

    /// The versions of those of the carts that there are.
    func versions(of ids: [UUID]) async throws -> [UUID: Int64] {
        let rows = try await pool.query("SELECT id, version FROM cart WHERE id = ANY(\(ids))")
        var versions: [UUID: Int64] = [:]
        for row in rows { versions[try row[0]] = try row[1, as: Int64.self] }
        return versions
    }

    /// Adds to a line, or begins it.
    package func add(_ count: Int, of sku: String, to key: Key, ifMatch: EntityTagCondition?) async throws -> Cart {
        try await write(key, sku: sku, ifMatch: ifMatch) { state in
            guard let variant = state.variant else { throw Problem.invalid("/sku", "SKU \(sku) does not exist") }
            try CartRules.checkCurrency(variant.currency, of: sku, in: state.currency)
            let quantity = try CartRules.adding(
                count, to: state.quantity, lines: state.lines, atMost: variant.maximum)
            return Self.setting(variant, quantity, in: key)
        }
    }

    /// Sets a line's quantity; 0 removes it.
    package func set(_ quantity: Int, of sku: String, in key: Key, ifMatch: EntityTagCondition?) async throws -> Cart {
        try await write(key, sku: sku, ifMatch: ifMatch) { state in
            guard let variant = state.variant ?? (quantity == 0 ? state.lineVariant : nil) else { throw Problem.notFound }
            if quantity == 0 { return Self.removing(variant.id, from: key) }
            try CartRules.checkCurrency(variant.currency, of: sku, in: state.currency)
            try CartRules.checkQuantity(quantity, atMost: variant.maximum, present: state.quantity)
            try CartRules.checkRoom(present: state.quantity, lines: state.lines)
            return Self.setting(variant, quantity, in: key)
        }
    }

    /// Takes a line out; 404 where there is none.
    package func remove(_ sku: String, from key: Key, ifMatch: EntityTagCondition?) async throws -> Cart {
        try await write(key, sku: sku, ifMatch: ifMatch) { state in
            guard let variant = state.lineVariant else { throw Problem.notFound }
            return Self.removing(variant.id, from: key)
        }
    }

    /// Drops the cart. One that became an order stays, as the order's proof of it.
    package func delete(_ key: Key, ifMatch: EntityTagCondition?) async throws {
        try await pool.transaction { transaction in
            let rows = try await transaction.query(Self.lock(key))
            let state = try Self.state(rows)
            guard state.status != .converted else {
                let rows = try await transaction.query("SELECT id, number, status FROM orders WHERE cart_id = \(key.id)")
                throw Problem.cartConverted(
                    try rows.first.map { CartOrder(id: try $0[0], number: try $0[1], status: try $0[2]) })
            }
            if let ifMatch, !ifMatch.holds(forVersion: state.version) { throw Problem.preconditionFailed }
            _ = try await transaction.commit(with: ["DELETE FROM cart WHERE id = \(key.id)"])
        }
        changed(CartChangedEvent(key.id))
    }

    /// Marks up to `limit` carts expired that nobody came back for.
    /// - Returns: how many.
    package func expire(limit: Int) async throws -> Int {
        try await pool.batch([
            """
            UPDATE cart SET status = 'expired', version = version + 1, updated_at = now() WHERE id IN (SELECT id FROM cart WHERE status = 'active' \
            AND expires_at <= now() ORDER BY expires_at LIMIT \(literal: limit) FOR UPDATE SKIP LOCKED)
            """
        ]).first?.affectedRows ?? 0
    }

    /// Drops up to `limit` carts that came to their end before `age` ago, with their lines and tickets. A cart whose order can
    /// still be paid stays.
    /// - Returns: how many.
    package func drop(endedBefore age: Duration, limit: Int) async throws -> Int {
        try await pool.batch([
            """
            DELETE FROM cart WHERE id IN (SELECT id FROM cart c WHERE status <> 'active' AND updated_at < \(Timestamp.now - age) \
            AND NOT EXISTS (SELECT FROM orders o WHERE o.cart_id = c.id AND o.status = 'pending_payment') \
            ORDER BY updated_at LIMIT \(literal: limit) FOR UPDATE SKIP LOCKED)
            """
        ]).first?.affectedRows ?? 0
    }
}
