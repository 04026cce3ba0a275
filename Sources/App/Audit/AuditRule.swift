import Orders

/// An invariant of the shop's data, which holds at any time, also after a crash, and a query that finds violations.
package struct AuditRule: Sendable {
    /// The invariant in words.
    package let rule: String
    /// One row for each violation.
    package let query: String

    package init(rule: String, query: String) {
        self.rule = rule
        self.query = query
    }
}

extension AuditRule {
    /// The statuses that this release knows, as SQL. For other statuses, only a newer release knows what holds.
    private static let known = OrderStatus.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")

    /// All invariants. Each holds forever: for example, an order stays when the response for its idempotency key is deleted.
    package static let all = accounts + shop

    private static let shop = [
        AuditRule(
            rule: "stock is the sum of its ledger",
            query: """
                SELECT * FROM (SELECT variant_id, on_hand, reserved FROM stock) s FULL JOIN (SELECT variant_id, \
                sum(on_hand) AS ledger_on_hand, sum(reserved) AS ledger_reserved FROM (SELECT variant_id, on_hand, reserved \
                FROM stock_movement UNION ALL SELECT variant_id, on_hand, reserved FROM stock_balance) l GROUP BY variant_id) m \
                USING (variant_id) WHERE (coalesce(on_hand, 0), coalesce(reserved, 0)) \
                IS DISTINCT FROM (coalesce(ledger_on_hand, 0), coalesce(ledger_reserved, 0))
                """),
        AuditRule(
            rule: "nothing is oversold",
            query: "SELECT * FROM stock WHERE reserved < 0 OR reserved > on_hand"),
        AuditRule(
            rule: "reserved is what the held reservations hold",
            query: """
                SELECT s.variant_id, s.reserved, coalesce(h.held, 0) AS held FROM stock s LEFT JOIN (SELECT l.variant_id, \
                sum(l.quantity) AS held FROM order_line l JOIN reservation r ON r.order_id = l.order_id \
                WHERE r.state = 'held' GROUP BY l.variant_id) h ON h.variant_id = s.variant_id \
                WHERE s.reserved <> coalesce(h.held, 0)
                """),
        AuditRule(
            rule: "an order reserves each variant once, and releases it at most once",
            query: """
                SELECT order_id, variant_id, reason, count(*) FROM stock_movement WHERE order_id IS NOT NULL \
                GROUP BY order_id, variant_id, reason HAVING count(*) <> 1
                """),
        AuditRule(
            rule: "an order's movements are its lines",
            query: """
                SELECT l.order_id, l.variant_id, l.quantity, r.state, m.reserved, m.released FROM (SELECT order_id, \
                variant_id, sum(quantity) AS quantity FROM order_line GROUP BY order_id, variant_id) l \
                JOIN reservation r ON r.order_id = l.order_id LEFT JOIN (SELECT order_id, variant_id, \
                sum(reserved) FILTER (WHERE reason = 'reserve') AS reserved, \
                -sum(reserved) FILTER (WHERE reason = 'release') AS released FROM stock_movement \
                GROUP BY order_id, variant_id) m ON m.order_id = l.order_id AND m.variant_id = l.variant_id \
                WHERE (m.reserved IS DISTINCT FROM l.quantity \
                OR coalesce(m.released, 0) <> CASE r.state WHEN 'released' THEN l.quantity ELSE 0 END) \
                AND NOT EXISTS (SELECT FROM stock_balance b JOIN orders o ON o.id = l.order_id \
                WHERE b.variant_id = l.variant_id AND b.through >= o.created_at)
                """),
        AuditRule(
            rule:
                "what moves stock for an order is a line of an order that is there, or was moved back before the order was dropped",
            query: """
                SELECT m.order_id, m.variant_id, sum(m.on_hand) AS on_hand, sum(m.reserved) AS reserved FROM stock_movement m \
                LEFT JOIN order_line l ON l.order_id = m.order_id AND l.variant_id = m.variant_id \
                WHERE m.order_id IS NOT NULL AND l.order_id IS NULL GROUP BY m.order_id, m.variant_id \
                HAVING (count(*) < 2 OR sum(m.on_hand) <> 0 OR sum(m.reserved) <> 0 \
                OR EXISTS (SELECT FROM orders o WHERE o.id = m.order_id)) \
                AND NOT EXISTS (SELECT FROM stock_balance b WHERE b.variant_id = m.variant_id AND b.through >= min(m.at) - interval '31 days')
                """),
        AuditRule(
            rule: "a product's facets, prices and variants are those of its variants",
            query: """
                SELECT p.id, p.facets, p.price_min, p.price_max, p.compare_at_price, p.variants FROM product p LEFT JOIN (SELECT product_id, \
                min(price) AS price_min, max(price) AS price_max, array_agg(options) AS options, \
                array_agg(id ORDER BY position, id) AS variants, \
                (array_agg(compare_at_price ORDER BY position, id))[1] AS compare_at_price FROM variant WHERE active \
                GROUP BY product_id) v ON v.product_id = p.id \
                WHERE (p.facets, p.price_min, p.price_max, p.compare_at_price, p.variants) IS DISTINCT FROM \
                (product_facets(p.brand, p.tags, p.attributes, v.options), coalesce(v.price_min, p.price), \
                coalesce(v.price_max, p.price), v.compare_at_price, coalesce(v.variants, '{}'))
                """),
        AuditRule(
            rule: "what lists show of a product is in its row",
            query: "SELECT p.id, p.slug FROM product p WHERE p.summary IS DISTINCT FROM product_summary(p)"),
        AuditRule(
            rule: "what is shown of a product is kept as its rows and those of its variants, categories and attributes have it",
            query: """
                SELECT p.id, p.slug FROM product p LEFT JOIN product_document d ON d.product_id = p.id \
                CROSS JOIN LATERAL product_document_of(p) w \
                WHERE (d.variants, d.document) IS DISTINCT FROM (w.variants, w.document)
                """),
        AuditRule(
            rule: "an order's sums add up",
            query: """
                SELECT o.id, o.subtotal, o.total, l.lines FROM orders o LEFT JOIN (SELECT order_id, sum(line_total) AS lines, \
                bool_and(line_total = unit_price * quantity) AS lines_hold FROM order_line GROUP BY order_id) l \
                ON l.order_id = o.id WHERE l.lines IS DISTINCT FROM o.subtotal OR NOT l.lines_hold \
                OR o.subtotal + o.shipping + o.tax - o.discount <> o.total
                """),
        AuditRule(
            rule: "an order's history begins with its placing, has no gaps and ends with its status",
            query: """
                SELECT o.id, o.status, h.steps, h.last FROM orders o LEFT JOIN (SELECT order_id, count(*) AS steps, \
                max(position) AS highest, (array_agg(status ORDER BY position))[1] AS first, \
                (array_agg(status ORDER BY position DESC))[1] AS last FROM order_history GROUP BY order_id) h \
                ON h.order_id = o.id WHERE h.first IS NULL OR h.first IN (\(known)) AND h.first <> 'pending_payment' OR h.last IS DISTINCT FROM o.status \
                OR h.steps <> h.highest
                """),
        AuditRule(
            rule: "an order has one reservation, held as long as it may be paid",
            query: """
                SELECT o.id, o.status, r.state FROM orders o LEFT JOIN reservation r ON r.order_id = o.id \
                WHERE r.state IS NULL OR o.status IN (\(known)) AND ((r.state = 'held') <> (o.status = 'pending_payment') \
                OR (r.state = 'released') <> (o.status IN ('cancelled', 'expired')))
                """),
        AuditRule(
            rule: "an order expires once its reservation has run out, and not before",
            query: """
                SELECT h.order_id, h.at, r.expires_at FROM order_history h JOIN reservation r ON r.order_id = h.order_id \
                WHERE h.status = 'expired' AND h.at < r.expires_at
                """),
        AuditRule(
            rule: "one cart is one order",
            query: "SELECT cart_id, count(*) FROM orders WHERE cart_id IS NOT NULL GROUP BY cart_id HAVING count(*) > 1"),
        AuditRule(
            rule: "a cart that is there is converted if and only if there is its order",
            query: """
                SELECT c.id, c.status, o.id AS order_id FROM cart c LEFT JOIN orders o ON o.cart_id = c.id \
                WHERE (c.status = 'converted') <> (o.id IS NOT NULL)
                """),
        AuditRule(
            rule: "the answer kept for a key is of an order that is there",
            query: """
                SELECT i.location, i.status FROM idempotency i LEFT JOIN orders o ON i.location = '/v1/orders/' || o.id \
                CROSS JOIN LATERAL (SELECT convert_from(i.body, 'UTF8')::jsonb AS body) b WHERE o.id IS NULL OR i.status <> 201 \
                OR (i.body IS NULL) = (i.sealed IS NULL) OR i.body IS NOT NULL AND (b.body ->> 'id', b.body ->> 'number', b.body #>> '{total,amount}') \
                IS DISTINCT FROM (o.id::text, o.number, o.total::text)
                """),
        // Longer ones are of the release before, which sealed the whole answer.
        AuditRule(
            rule: "an answer of which only the secret is kept has its order's first event",
            query: """
                SELECT i.location FROM idempotency i WHERE octet_length(i.sealed) < 200 AND NOT EXISTS (SELECT FROM outbox e \
                WHERE i.location = '/v1/orders/' || e.aggregate_id AND e.sequence = 1 AND e.type = 'order.placed')
                """),
        AuditRule(
            rule: "one order has one key",
            query: "SELECT location, count(*) FROM idempotency GROUP BY location HAVING count(*) > 1"),
        AuditRule(
            rule: "a cart keeps its limits",
            query: """
                SELECT cart_id, count(*), max(quantity) FROM cart_item GROUP BY cart_id \
                HAVING count(*) > 100 OR max(quantity) > 999 OR min(quantity) < 1
                """),
        AuditRule(
            rule: "an aggregate's events have different sequences, which grow with their positions",
            query: """
                SELECT * FROM (SELECT aggregate_id, position, sequence, lag(sequence) OVER (PARTITION BY aggregate_id \
                ORDER BY position) AS before FROM outbox) e WHERE sequence <= before
                """),
        AuditRule(
            rule: "an event about an order tells of an order that is there or was dropped, and of what became of it",
            query: """
                SELECT e.position, e.type, o.id, o.status FROM outbox e JOIN orders o ON o.id = e.aggregate_id \
                WHERE e.aggregate_type = 'order' AND (e.sequence > o.event_sequence OR e.payload::json ->> 'number' <> o.number \
                OR (e.payload::json -> 'total' ->> 'amount')::bigint <> o.total \
                OR e.type IN ('order.expired', 'order.cancelled') AND e.type <> 'order.' || o.status)
                """),
        // Events are removed from the beginning of the outbox, so an order that is younger than its first event has all of its own.
        AuditRule(
            rule: "an order has all of its events, until they are removed for their age",
            query: """
                SELECT o.id, o.event_sequence, count(e.position) AS events FROM orders o LEFT JOIN outbox e ON e.aggregate_id = o.id \
                WHERE o.event_sequence > 0 AND o.created_at > (SELECT occurred_at + interval '1 hour' FROM outbox \
                ORDER BY position LIMIT 1) GROUP BY o.id HAVING count(e.position) <> o.event_sequence
                """),
        AuditRule(
            rule: "a delivery has its event",
            query: """
                SELECT d.target_id, d.position FROM delivery d LEFT JOIN outbox e ON e.position = d.position WHERE e.position IS NULL
                """),
        // Which orders are counted depends on when the job ran, so the counts are compared with the orders that it has counted.
        AuditRule(
            rule: "purchase counts are those of the counted orders",
            query: """
                SELECT 'orders' AS count, NULL::uuid AS product_id, NULL::uuid AS other_id, c.orders AS counted, o.orders \
                FROM purchase_cursor c CROSS JOIN (SELECT count(*) AS orders FROM counted_order) o WHERE c.orders <> o.orders \
                UNION ALL SELECT 'single', product_id, NULL, c.orders, o.orders FROM purchase_count c FULL JOIN (SELECT a.id \
                AS product_id, count(*) AS orders FROM counted_order, unnest(products[1:50]) a (id) GROUP BY a.id) o \
                USING (product_id) WHERE c.orders IS DISTINCT FROM o.orders \
                UNION ALL SELECT 'pair', product_id, other_id, c.orders, o.orders FROM purchase_pair c FULL JOIN (SELECT a.id \
                AS product_id, b.id AS other_id, count(*) AS orders FROM counted_order, unnest(products[1:50]) a (id), \
                unnest(products[1:50]) b (id) WHERE a.id <> b.id GROUP BY a.id, b.id) o USING (product_id, other_id) \
                WHERE c.orders IS DISTINCT FROM o.orders
                """),
        AuditRule(
            rule: "the units sold of a product are those of the recent counted orders",
            query: """
                SELECT product_id, s.sold, o.units FROM product_sales s FULL JOIN (SELECT a.id AS product_id, \
                sum(a.units) AS units FROM counted_order, unnest(products, units) a (id, units) WHERE is_recent GROUP BY a.id) o \
                USING (product_id) WHERE s.sold IS DISTINCT FROM o.units
                """),
    ]
}
