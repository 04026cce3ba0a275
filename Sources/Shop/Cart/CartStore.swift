import Formats
import FoundationEssentials
import PostgresClient
import Web

/// Carts in PostgreSQL. Every write locks the cart's row first, so that writes to one cart run one after another.
package struct CartStore {
    let pool: PostgresPool
    /// The time after its last change when a cart expires.
    let lifetime: Duration
    /// The same for the cart of a customer.
    let customerLifetime: Duration
    /// Called for every cart that was changed or has expired, once that is committed.
    let changed: (CartChangedEvent) -> Void

    package init(
        pool: PostgresPool, lifetime: Duration, customerLifetime: Duration = .seconds(90 * 86_400),
        changed: @escaping (CartChangedEvent) -> Void = { _ in }
    ) {
        self.customerLifetime = customerLifetime
        self.pool = pool
        self.lifetime = lifetime
        self.changed = changed
    }

    /// The id of a cart and the hash of its token.
    package struct Key: Sendable {
        let id: UUID
        /// The hash of the token, or for a customer's cart what it has in place of one.
        let tokenHash: [UInt8]
    }

    // MARK: Creating

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

    /// A new cart with the lines of one that has ended, at current prices.
    /// - Parameters:
    ///   - key: the cart that has ended
    ///   - currency: the currency that the client wants; nil for that of the cart
    ///   - tokenHash: the hash of the new cart's token
    ///   - account: the customer whose cart it becomes; nil for a guest's
    /// - Returns: nil where the cart does not exist, or the token is wrong
    /// - Throws: `Problem` as ``CartRules/linesAgain(of:)`` decides
    package func create(from key: Key, currency: String?, tokenHash: [UInt8], for account: UUID? = nil) async throws -> Cart? {
        guard let old = try await cart(key) else { return nil }
        guard currency == nil || currency == old.currency else {
            throw Problem.invalid("/currency", "the cart's lines are priced in \(old.currency)")
        }
        let lines = try CartRules.linesAgain(of: old)
        let now = Timestamp.now
        let cart = Cart(
            id: UUID.v7(at: now), version: 1, status: .active, currency: old.currency, updatedAt: now,
            expiresAt: now + (account == nil ? lifetime : customerLifetime), lines: lines)
        // The order of lines is that of their times. A variant that was deleted in the meantime is left out.
        let owner: PostgresQuery = account.map { "FROM account WHERE id = \($0)" } ?? ""
        let rows = try await pool.batch([
            account.map { Self.holding($0) } ?? "SELECT",
            Self.expiring(tokenHash),
            """
            WITH c AS (INSERT INTO cart (id, token_hash, currency, created_at, updated_at, expires_at) \
            SELECT \(cart.id), \(tokenHash), \(cart.currency), \(now), \(now), \(cart.expiresAt) \(owner) RETURNING id) \
            INSERT INTO cart_item (cart_id, variant_id, quantity, unit_price, added_at) SELECT c.id, v.id, l.quantity, l.price, \
            \(now) + l.place * interval '1 microsecond' FROM c, unnest(\(lines.map(\.variant)), \
            \(lines.map { Int32(clamping: $0.quantity) }), \(lines.map(\.seenPrice))) WITH ORDINALITY \
            AS l (variant, quantity, price, place) JOIN variant v ON v.id = l.variant
            """,
        ])
        return account == nil || rows[0].first != nil ? cart : nil
    }

    // MARK: Reading

    /// The cart; nil where it does not exist, or the token is wrong.
    package func cart(_ key: Key) async throws -> Cart? {
        try Cart(try await pool.query(CartStatements.cart(key)))
    }

    /// The cart, for a client whose ticket was checked before.
    func cart(_ id: UUID) async throws -> Cart? {
        try Cart(try await pool.query(CartStatements.cart(id)))
    }

    /// The versions of the carts that exist.
    func versions(of ids: [UUID]) async throws -> [UUID: Int64] {
        let rows = try await pool.query("SELECT id, version FROM cart WHERE id = ANY(\(ids))")
        var versions: [UUID: Int64] = [:]
        for row in rows {
            let (id, version) = try row.decode((UUID, Int64).self)
            versions[id] = version
        }
        return versions
    }

    // MARK: Writing

    /// Adds to a line, or creates it.
    package func add(_ count: Int, of sku: String, to key: Key, ifMatch: EntityTagCondition?) async throws -> Cart {
        try await write(key, sku: sku, ifMatch: ifMatch) { state in
            guard let variant = state.variant else { throw Problem.invalid("/sku", "SKU \(sku) does not exist") }
            try CartRules.checkCurrency(variant.currency, of: sku, in: state.currency)
            let quantity = try CartRules.adding(
                count, to: state.quantity, lines: state.lines, atMost: variant.maximum)
            return CartStatements.set(variant, quantity, in: key)
        }
    }

    /// Sets a line's quantity; 0 removes it.
    package func set(_ quantity: Int, of sku: String, in key: Key, ifMatch: EntityTagCondition?) async throws -> Cart {
        try await write(key, sku: sku, ifMatch: ifMatch) { state in
            guard let variant = state.variant ?? (quantity == 0 ? state.lineVariant : nil) else { throw Problem.notFound }
            if quantity == 0 { return CartStatements.remove(variant.id, from: key) }
            try CartRules.checkCurrency(variant.currency, of: sku, in: state.currency)
            try CartRules.checkQuantity(quantity, atMost: variant.maximum, present: state.quantity)
            try CartRules.checkRoom(present: state.quantity, lines: state.lines)
            return CartStatements.set(variant, quantity, in: key)
        }
    }

    /// Removes a line.
    /// - Throws: `Problem` (404) where there is none.
    package func remove(_ sku: String, from key: Key, ifMatch: EntityTagCondition?) async throws -> Cart {
        try await write(key, sku: sku, ifMatch: ifMatch) { state in
            guard let variant = state.lineVariant else { throw Problem.notFound }
            return CartStatements.remove(variant.id, from: key)
        }
    }

    /// Deletes the cart. A cart from which an order was placed stays, because the order refers to it.
    package func delete(_ key: Key, ifMatch: EntityTagCondition?) async throws {
        try await pool.transaction { transaction in
            guard let state = try CartState(try await transaction.query(CartStatements.lock(key))) else {
                throw Problem.notFound
            }
            switch state.status {
            case .active, .merged, .expired: break
            case .converted:
                let rows = try await transaction.query(
                    "SELECT \(CartOrder.Column.list) FROM orders WHERE cart_id = \(key.id)")
                throw Problem.cartConverted(try rows.named(CartOrder.Column.self).first.map { try CartOrder($0) })
            case .unknown(let status): throw Problem(.conflict, "The cart is \(status) and cannot be deleted.")
            }
            if let ifMatch, !ifMatch.holds(forVersion: state.version) { throw Problem.preconditionFailed }
            _ = try await transaction.commit(with: ["DELETE FROM cart WHERE id = \(key.id)"])
        }
        changed(CartChangedEvent(key.id))
    }

    /// Locks, decides, writes, and reads the cart again, in two round trips.
    private func write(
        _ key: Key, sku: String, ifMatch: EntityTagCondition?, _ decide: (CartState) throws -> PostgresQuery
    ) async throws -> Cart {
        let cart = try await pool.transaction { transaction in
            let rows = try await transaction.batch([CartStatements.lock(key), CartStatements.line(sku, in: key)])
            guard var state = try CartState(rows[0]) else { throw Problem.notFound }
            try state.readLine(rows[1])
            try CartRules.checkWritable(
                status: state.status, version: state.version, expected: ifMatch, order: state.order)
            let written = try await transaction.commit(with: [
                try decide(state),
                """
                UPDATE cart SET version = version + 1, updated_at = now(), is_abandoned = nullif(is_abandoned, false), expires_at = now() + \
                \((key.isCustomers ? customerLifetime : lifetime).wholeMicroseconds) * interval '1 microsecond' \
                WHERE id = \(key.id)
                """,
                CartStatements.cart(key),
            ])
            guard let cart = try Cart(written[2]) else { throw Problem.notFound }
            return cart
        }
        changed(CartChangedEvent(cart.id, version: cart.version))
        return cart
    }

    // MARK: Expiry

    /// Marks up to `limit` carts as expired that are past their time.
    /// - Returns: how many.
    package func expire(limit: Int) async throws -> Int {
        let rows = try await pool.batch([
            """
            UPDATE cart SET status = 'expired', version = version + 1, updated_at = now() \
            WHERE id IN (SELECT id FROM cart WHERE status = 'active' AND expires_at <= now() ORDER BY expires_at LIMIT \(literal: limit) FOR UPDATE SKIP LOCKED) \
            RETURNING id, version
            """
        ])
        let expired = try (rows.first.map(Array.init) ?? []).map { row in
            let (id, version) = try row.decode((UUID, Int64).self)
            return CartChangedEvent(id, version: version)
        }
        for event in expired { changed(event) }
        return expired.count
    }

    /// Deletes up to `limit` carts that ended more than `age` ago, with their lines and tickets. A cart whose order can still be
    /// paid stays, and so does a cart with the status of a later release.
    /// - Returns: how many.
    package func drop(endedBefore age: Duration, limit: Int) async throws -> Int {
        try await pool.batch([
            """
            DELETE FROM cart WHERE id IN (SELECT id FROM cart c WHERE status IN ('converted', 'merged', 'expired') \
            AND updated_at < \(Timestamp.now - age) \
            AND NOT EXISTS (SELECT FROM orders o WHERE o.cart_id = c.id AND o.status = 'pending_payment') \
            ORDER BY updated_at LIMIT \(literal: limit) FOR UPDATE SKIP LOCKED)
            """
        ]).first?.affectedRows ?? 0
    }
}
