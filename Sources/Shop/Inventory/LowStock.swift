package import Events
package import FoundationEssentials
package import PostgresClient

/// Tells that few units of a variant are available.
///
/// The event occurs when the available units of a variant fall to its threshold, once each time: the statement that changes a
/// row of stock compares the units before and after, under the row's lock.
package enum LowStock {
    /// Where neither the variant nor the shop's settings have a threshold.
    package static let defaultThreshold = 5

    /// The event's payload, of `x`, the changed rows of stock: `variant_id, on_hand, reserved, low_stock, event_sequence`, and
    /// `before`, the units that were available before.
    private static func inserting(threshold: Int) -> PostgresQuery {
        """
        INSERT INTO outbox (\(Outbox.columns)) SELECT \(Outbox.newID), \(EventType.stockLow.name), \
        \(Int32(clamping: EventType.stockLow.version)), \(EventType.stockLow.aggregate), x.variant_id, x.event_sequence, \
        json_build_object('variant_id', v.id, 'sku', v.sku, 'product_id', v.product_id, 'name', p.name, 'options', v.options, \
        'available', x.on_hand - x.reserved, 'threshold', coalesce(x.low_stock, \(literal: threshold))), NULL \
        FROM x JOIN variant v ON v.id = x.variant_id JOIN product p ON p.id = v.product_id \
        WHERE x.on_hand - x.reserved <= coalesce(x.low_stock, \(literal: threshold)) AND x.before > coalesce(x.low_stock, \(literal: threshold)) \
        ORDER BY x.variant_id
        """
    }

    /// 1 if the units fall to the threshold, otherwise 0: what a change adds to the sequence of the variant's events.
    /// - Parameters:
    ///   - before: an expression for the available units before the change
    ///   - after: an expression for them after it
    private static func step(from before: PostgresQuery, to after: PostgresQuery, threshold: Int) -> PostgresQuery {
        """
        CASE WHEN \(before) > coalesce(s.low_stock, \(literal: threshold)) AND \(after) <= coalesce(s.low_stock, \(literal: threshold)) \
        THEN 1 ELSE 0 END
        """
    }

    /// Reserves units, and tells which of the rows are low. The rows are locked in the order of the variants, if the plan looks each of
    /// them up.
    /// - Parameter variants: sorted
    package static func reserving(_ variants: [UUID], quantities: [Int], threshold: Int) -> PostgresQuery {
        """
        WITH x AS (UPDATE stock s SET reserved = s.reserved + d.quantity, event_sequence = s.event_sequence + \
        \(step(from: "s.on_hand - s.reserved", to: "s.on_hand - s.reserved - d.quantity", threshold: threshold)) \
        FROM unnest(\(variants), \(quantities.map { Int32(clamping: $0) })) AS d (variant_id, quantity) \
        WHERE s.variant_id = d.variant_id RETURNING s.variant_id, s.on_hand, s.reserved, s.low_stock, s.event_sequence, \
        s.on_hand - s.reserved + d.quantity AS before) \(inserting(threshold: threshold))
        """
    }

    /// Sets the units on hand of rows that are locked, records the differences in the ledger, and tells which of them are low.
    ///
    /// Rows with more reserved than the new number are left as they are. The statement's last command is the ledger's: the
    /// number of affected rows is that of levels that changed.
    /// - Parameter levels: a query for `variant_id`, `stock` (the new number), `on_hand` and `reserved` (the present ones)
    package static func setting(_ levels: PostgresQuery, threshold: Int) -> PostgresQuery {
        """
        WITH x AS (UPDATE stock s SET on_hand = c.stock, imported = c.stock, event_sequence = s.event_sequence + \
        \(step(from: "c.on_hand - c.reserved", to: "c.stock - c.reserved", threshold: threshold)) \
        FROM (\(levels)) c WHERE s.variant_id = c.variant_id RETURNING s.variant_id, s.on_hand, s.reserved, s.low_stock, \
        s.event_sequence, c.on_hand - c.reserved AS before, c.stock - c.on_hand AS difference), \
        e AS (\(inserting(threshold: threshold))) \
        INSERT INTO stock_movement (variant_id, on_hand, reserved, reason) \
        SELECT variant_id, difference, 0, 'import' FROM x WHERE difference <> 0 ORDER BY variant_id
        """
    }
}

extension EventType {
    package static let stockLow = EventType(
        "stock.low", aggregate: "variant", schema: "LowStock",
        "The available units of a variant have fallen to its threshold. The event comes again when they have risen above it and "
            + "fall once more.")
}
