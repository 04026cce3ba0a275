import Foundation

extension ShopDatabase {
    /// Inserts an order of two units of a variant, as placing it would, for the person with an address, and gives its id. Its token
    /// is `x`. The shop needs a variant with the SKU `A`.
    package func insertOrder(
        email: String = "ada@example.com", status: String = "pending_payment", locale: String? = nil, name: String = "Ada Moss"
    ) throws -> UUID {
        let id = UUID()
        let isOpen = status == "pending_payment"
        let quoted = { (text: String) in "'" + text.replacing("'", with: "''") + "'" }
        _ = try query(
            """
            BEGIN;
            INSERT INTO orders (id, number, email, locale, status, currency, subtotal, total, shipping_address, access_token_hash, event_sequence)
                VALUES ('\(id)', upper(left(replace('\(id)', '-', ''), 10)), \(quoted(email)), \(locale.map(quoted) ?? "NULL"), '\(status)', 'USD',
                259800, 259800, jsonb_build_object('name', \(quoted(name)), 'line1', '1 Fern Row', 'city', 'Leeds', 'postal_code', 'LS1 4AP',
                'country', 'GB'), sha256('x'), 1);
            INSERT INTO order_line (order_id, position, variant_id, product_id, sku, name, options, quantity, unit_price, line_total)
                SELECT '\(id)', 1, v.id, v.product_id, v.sku, \(quoted(name)), '{"size": "M"}', 2, 129900, 259800 FROM variant v WHERE sku = 'A';
            INSERT INTO order_history (order_id, position, status, reason) VALUES ('\(id)', 1, 'pending_payment', 'placed');
            INSERT INTO reservation (order_id, state, expires_at)
                VALUES ('\(id)', '\(isOpen ? "held" : "released")', now() + interval '1 hour');
            UPDATE stock SET reserved = reserved + \(isOpen ? 2 : 0) WHERE variant_id = (SELECT id FROM variant WHERE sku = 'A');
            INSERT INTO stock_movement (variant_id, order_id, on_hand, reserved, reason)
                SELECT id, '\(id)', 0, 2, 'reserve' FROM variant WHERE sku = 'A' AND \(isOpen);
            COMMIT
            """)
        return id
    }
}
