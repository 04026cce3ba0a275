import Testing
import TestSupport

/// The check of the data finds what is wrong: each damage is done to sound data, found, and rolled back.
@Suite(.shop([Goods("SOUND-1"), Goods("SOUND-2")]))
struct InvariantsTests {
    private static let damages = [
        ("UPDATE stock SET on_hand = on_hand + 1", "stock is the sum of its ledger"),
        ("DELETE FROM stock_movement WHERE reason = 'import'", "stock is the sum of its ledger"),
        ("ALTER TABLE stock DROP CONSTRAINT stock_never_oversold; UPDATE stock SET on_hand = 1", "nothing is oversold"),
        ("UPDATE stock SET reserved = reserved + 1", "reserved is what the held reservations hold"),
        (
            "INSERT INTO stock_movement (variant_id, order_id, on_hand, reserved, reason) SELECT variant_id, order_id, on_hand, reserved, reason FROM stock_movement WHERE reason = 'release'",
            "an order reserves each variant once, and releases it at most once"
        ),
        (
            "UPDATE order_line SET quantity = quantity + 1, line_total = unit_price * (quantity + 1)",
            "an order's movements are its lines"
        ),
        ("DELETE FROM stock_movement WHERE reason = 'release'", "an order's movements are its lines"),
        ("UPDATE product SET facets = '{tag:x}'", "a product's facets, prices and variants are those of its variants"),
        ("UPDATE product SET variants = '{}'", "a product's facets, prices and variants are those of its variants"),
        ("UPDATE product SET summary = NULL", "what lists show of a product is in its row"),
        (
            "ALTER TABLE product DISABLE TRIGGER product_summary_keep; UPDATE product SET name = name || '!'",
            "what lists show of a product is in its row"
        ),
        (
            "DELETE FROM product_document",
            "what is shown of a product is kept as its rows and those of its variants, categories and attributes have it"
        ),
        (
            "UPDATE product_document SET variants = '{}'",
            "what is shown of a product is kept as its rows and those of its variants, categories and attributes have it"
        ),
        (
            "ALTER TABLE variant DISABLE TRIGGER variant_document_update; UPDATE variant SET name = name || '!'",
            "what is shown of a product is kept as its rows and those of its variants, categories and attributes have it"
        ),
        ("UPDATE outbox SET sequence = 1", "an aggregate's events have different sequences, which grow with their positions"),
        (
            "UPDATE orders SET event_sequence = 0",
            "an event about an order tells of an order that is there or was dropped, and of what became of it"
        ),
        (
            "UPDATE outbox SET occurred_at = occurred_at - interval '1 day'; DELETE FROM outbox WHERE sequence = 2",
            "an order has all of its events, until they are removed for their age"
        ),
        (
            "INSERT INTO delivery (target_id, position, aggregate_id) VALUES (gen_random_uuid(), 0, gen_random_uuid())",
            "a delivery has its event"
        ),
        (
            "DELETE FROM order_line l USING reservation r WHERE r.order_id = l.order_id AND r.state = 'released'",
            "what moves stock for an order is a line of an order that is there, or was moved back before the order was dropped"
        ),
        ("UPDATE orders SET subtotal = subtotal + 1, total = total + 1", "an order's sums add up"),
        ("DELETE FROM order_history", "an order's history begins with its placing, has no gaps and ends with its status"),
        (
            "UPDATE order_history SET status = 'shipped'",
            "an order's history begins with its placing, has no gaps and ends with its status"
        ),
        (
            "UPDATE order_history SET position = position + 1 WHERE position = 2",
            "an order's history begins with its placing, has no gaps and ends with its status"
        ),
        ("DELETE FROM reservation", "an order has one reservation, held as long as it may be paid"),
        ("UPDATE reservation SET state = 'captured'", "an order has one reservation, held as long as it may be paid"),
        (
            "UPDATE order_history SET status = 'expired' WHERE position = 2",
            "an order expires once its reservation has run out, and not before"
        ),
        (
            "ALTER TABLE orders DROP CONSTRAINT orders_cart_key; UPDATE orders SET cart_id = (SELECT id FROM cart LIMIT 1)",
            "one cart is one order"
        ),
        ("UPDATE cart SET status = 'active'", "a cart that is there is converted if and only if there is its order"),
        ("UPDATE orders SET cart_id = NULL", "a cart that is there is converted if and only if there is its order"),
        ("DELETE FROM orders", "the answer kept for a key is of an order that is there"),
        // As release 1.0 kept it, in clear.
        (
            "UPDATE idempotency SET sealed = NULL, body = convert_to('{\"id\":\"' || right(location, 36) || '\"}', 'UTF8')",
            "the answer kept for a key is of an order that is there"
        ),
        ("UPDATE idempotency SET status = 500", "the answer kept for a key is of an order that is there"),
        (
            "ALTER TABLE idempotency DROP CONSTRAINT idempotency_answer_check; UPDATE idempotency SET sealed = NULL",
            "the answer kept for a key is of an order that is there"
        ),
        (
            "DELETE FROM outbox WHERE type = 'order.placed'",
            "an answer of which only the secret is kept has its order's first event"
        ),
        (
            "DELETE FROM idempotency",
            "an order and the answer kept for its key stand or fall together, until the order's person is erased"
        ),
        (
            "INSERT INTO idempotency SELECT sha256(id), request_hash, status, location, body, created_at, sealed FROM idempotency",
            "one order has one key"
        ),
        (
            "ALTER TABLE cart_item DROP CONSTRAINT cart_item_quantity_check; UPDATE cart_item SET quantity = 1000",
            "a cart keeps its limits"
        ),
        (account("email_key", "'Ada@x.example'"), "an e-mail address and the key by which accounts compare it agree"),
        (account("email", "E'Rene\\u0301@x.example'"), "an e-mail address and the key by which accounts compare it agree"),
        (
            "INSERT INTO account_request (id, kind, email, email_key) VALUES (gen_random_uuid(), 'notice', 'Ada@x.example', 'Ada@x.example')",
            "an e-mail address and the key by which accounts compare it agree"
        ),
        (account() + "; " + session, "a session has a refresh token that was not used"),
        (
            account("disabled_at", "now()") + "; " + session
                + "; INSERT INTO refresh_token (token_hash, session_id) SELECT 'x', id FROM account_session",
            "a disabled account has no session"
        ),
        (
            "UPDATE cart SET token_hash = 'account:'::bytea || uuid_send(gen_random_uuid())",
            "a customer's cart has its account"
        ),
        ("UPDATE orders SET customer_id = gen_random_uuid()", "a customer's order has its account"),
        ("UPDATE orders SET erased_at = now()", "an order whose person was erased keeps of the person the country alone"),
        (
            "UPDATE orders SET erased_at = now(), email = '', access_token_hash = '', shipping_address = '{}'",
            "an event has no person who was erased"
        ),
        (event("gen_random_uuid()"), "an event has no person who was erased"),
        (account() + "; " + event("(SELECT id FROM account LIMIT 1)"), "an account counts its events"),
        ("UPDATE purchase_cursor SET orders = orders + 1", "purchase counts are those of the counted orders"),
        (
            "INSERT INTO product_sales (product_id, sold) SELECT id, 1 FROM product LIMIT 1",
            "the units sold of a product are those of the recent counted orders"
        ),
    ]

    /// Inserts an account with another value of one column.
    private static func account(_ column: String = "email", _ value: String = "'ada@x.example'") -> String {
        let values = ["id": "gen_random_uuid()", "email": "'ada@x.example'", "email_key": "'ada@x.example'"].merging([
            column: value
        ]) { $1 }
        let columns = values.keys.sorted()
        return "INSERT INTO account (\(columns.joined(separator: ", "))) VALUES "
            + "(\(columns.map { values[$0] ?? "NULL" }.joined(separator: ", ")))"
    }

    private static let session = """
        INSERT INTO account_session (id, account_id, family_hash, expires_at) SELECT gen_random_uuid(), id, 'x', now() FROM account
        """

    private static func event(_ account: String) -> String {
        """
        INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload) VALUES (gen_random_uuid(), \
        'customer.registered', 1, 'customer', \(account), 1, '{"email":"ada@x.example","name":null}')
        """
    }

    @Test("sound data has no violation, and each damage is named")
    func damages() async throws {
        let shop = try Shop.current
        let client = ShopClient(shop)
        let cart = try await client.makeCart()
        try await client.add("SOUND-1", 2, to: cart)
        #expect(try await client.order(cart).status == 201)
        let ended = TestOrder(try await client.order([("SOUND-1", 1), ("SOUND-2", 1)]))
        #expect(try await client.cancel(ended).status == 200)
        #expect(try await Invariants.violations(in: shop.database).isEmpty)
        for (damage, rule) in Self.damages {
            let found = try await shop.execute("BEGIN; \(damage); \(Invariants.statements) ROLLBACK;")
            #expect(found.split(separator: "\n").contains { $0.hasPrefix(rule + "|") }, "\(damage): \(found)")
        }
        #expect(try await Invariants.violations(in: shop.database).isEmpty)
        #expect(Set(Self.damages.map(\.1)) == Set(Invariants.all.map(\.rule)), "a rule that no damage breaks")
    }
}
