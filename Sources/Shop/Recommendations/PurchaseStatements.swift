import Formats
import PostgresClient

/// The statements of ``PurchaseCounter``. Each of them but ``lock`` returns one row with how many orders it looked at.
struct PurchaseStatements {
    /// How long an order counts.
    let window: Duration
    /// How long an order is left alone.
    let settling: Duration

    /// The rest of a larger order is not counted.
    static let maximumProducts = 50
    /// How many days of sales `product_sales` has.
    package static let recentDays = 30

    static let lock: PostgresQuery = "SELECT FROM purchase_cursor FOR UPDATE"

    /// Orders in these statuses are not counted.
    private static let hasEnded: PostgresQuery = "o.status IN ('cancelled', 'expired')"

    private static func before(_ age: Duration) -> PostgresQuery {
        "now() - \(age.wholeMicroseconds) * interval '1 microsecond'"
    }
    private static let recent: PostgresQuery = "now() - interval '\(literal: recentDays) days'"

    // MARK: Steps

    /// Counts the next orders.
    func addPlaced(_ limit: Int) -> PostgresQuery {
        """
        WITH batch AS MATERIALIZED (SELECT o.id, o.created_at, o.status FROM orders o \
        WHERE (o.created_at, o.id) > ((SELECT added_at FROM purchase_cursor), (SELECT added_id FROM purchase_cursor)) \
        AND o.created_at >= \(Self.before(window)) AND o.created_at < \(Self.before(settling)) \
        ORDER BY o.created_at, o.id LIMIT \(literal: limit)), \
        moved AS (INSERT INTO counted_order (order_id, created_at, is_recent, products, units) \
        SELECT o.id, o.created_at, o.created_at >= \(Self.recent), l.products, l.units FROM batch o CROSS JOIN LATERAL \
        (SELECT array_agg(product_id ORDER BY position) AS products, array_agg(units ORDER BY position) AS units \
        FROM (SELECT product_id, min(position) AS position, sum(quantity)::integer AS units FROM order_line \
        WHERE order_id = o.id GROUP BY product_id) l) l \
        WHERE NOT \(Self.hasEnded) AND l.products IS NOT NULL \
        ON CONFLICT (order_id) DO NOTHING RETURNING is_recent, products, units), \
        \(Self.counting(by: 1)), \
        c AS (UPDATE purchase_cursor SET orders = orders + (SELECT count(*) FROM moved), added_at = l.created_at, added_id = l.id \
        FROM (SELECT created_at, id FROM batch ORDER BY created_at DESC, id DESC LIMIT 1) l) SELECT count(*) FROM batch
        """
    }

    /// Takes back the next orders that ended without payment.
    func takeBackEnded(_ limit: Int) -> PostgresQuery {
        // In the order of the index orders_unpaid_end. Orders that ended in one transaction have one time, and are taken together.
        """
        WITH batch AS MATERIALIZED (SELECT o.id, o.updated_at FROM orders o WHERE o.payment_status = 'unpaid' \
        AND o.status IN ('expired', 'cancelled') AND o.erased_at IS NULL AND o.updated_at > (SELECT ended_at FROM purchase_cursor) \
        AND o.updated_at >= \(Self.before(window)) AND o.updated_at < \(Self.before(settling)) \
        ORDER BY o.erased_at, o.updated_at FETCH FIRST \(literal: limit) ROWS WITH TIES), \
        \(Self.takingBack("SELECT id FROM batch")), \
        c AS (UPDATE purchase_cursor SET orders = orders - (SELECT count(*) FROM moved), ended_at = l.updated_at \
        FROM (SELECT max(updated_at) AS updated_at FROM batch) l WHERE l.updated_at IS NOT NULL) SELECT count(*) FROM batch
        """
    }

    /// Takes back orders that are older than the window.
    func takeBackOutdated(_ limit: Int) -> PostgresQuery {
        """
        WITH batch AS MATERIALIZED (SELECT order_id FROM counted_order WHERE created_at < \(Self.before(window)) \
        ORDER BY created_at LIMIT \(literal: limit)), \
        \(Self.takingBack("SELECT order_id FROM batch")), \
        c AS (UPDATE purchase_cursor SET orders = orders - (SELECT count(*) FROM moved) WHERE EXISTS (SELECT FROM moved)) \
        SELECT count(*) FROM batch
        """
    }

    /// Takes units out of the sales once they are no longer recent.
    func age(_ limit: Int) -> PostgresQuery {
        """
        WITH batch AS MATERIALIZED (SELECT order_id FROM counted_order WHERE is_recent AND created_at < \(Self.recent) \
        ORDER BY created_at LIMIT \(literal: limit)), \
        moved AS (UPDATE counted_order SET is_recent = false WHERE order_id = ANY(ARRAY(SELECT order_id FROM batch)) \
        RETURNING true AS is_recent, products, units), \
        \(Self.selling(by: -1)) SELECT count(*) FROM batch
        """
    }

    /// Takes back orders that ended or are gone, among the next counted ones.
    func takeBackGone(_ limit: Int) -> PostgresQuery {
        let gone: PostgresQuery = """
            SELECT order_id FROM batch \
            WHERE coalesce((SELECT \(Self.hasEnded) FROM orders o WHERE o.id = order_id), true)
            """
        return """
            WITH batch AS MATERIALIZED (SELECT order_id FROM counted_order WHERE order_id > (SELECT checked_id FROM purchase_cursor) \
            ORDER BY order_id LIMIT \(literal: limit)), \
            \(Self.takingBack(gone)), \
            c AS (UPDATE purchase_cursor SET orders = orders - (SELECT count(*) FROM moved), checked_id = \
            coalesce((SELECT order_id FROM batch ORDER BY order_id DESC LIMIT 1), '00000000-0000-0000-0000-000000000000')) \
            SELECT count(*) FROM moved
            """
    }

    /// Rows that count nothing are of no use. They are found by indexes of their own.
    static let removeZeros: [PostgresQuery] = [
        "DELETE FROM purchase_pair WHERE orders = 0", "DELETE FROM purchase_count WHERE orders = 0",
        "DELETE FROM product_sales WHERE sold = 0",
    ]

    // MARK: Counting

    /// Forgets counted orders, as `moved`, and takes back their counts.
    /// - Parameter orders: selects their ids
    private static func takingBack(_ orders: PostgresQuery) -> PostgresQuery {
        """
        moved AS (DELETE FROM counted_order WHERE order_id = ANY(ARRAY(\(orders))) RETURNING is_recent, products, units), \
        \(counting(by: -1))
        """
    }

    /// Adds the orders of `moved` to all counts, or takes them off. An INSERT also where rows are there for certain: it finds each
    /// by its key, whatever PostgreSQL believes of the tables' sizes.
    /// - Parameter sign: 1 or -1
    private static func counting(by sign: Int) -> PostgresQuery {
        let counted: PostgresQuery = "m.products[1:\(literal: maximumProducts)]"
        return """
            single AS (INSERT INTO purchase_count AS t (product_id, orders) SELECT a.id, \(literal: sign) * count(*) FROM moved m \
            CROSS JOIN unnest(\(counted)) a (id) GROUP BY a.id \
            ON CONFLICT (product_id) DO UPDATE SET orders = t.orders + excluded.orders), \
            pair AS (INSERT INTO purchase_pair AS t (product_id, other_id, orders) SELECT a.id, b.id, \(literal: sign) * count(*) \
            FROM moved m CROSS JOIN unnest(\(counted)) a (id) CROSS JOIN unnest(\(counted)) b (id) WHERE a.id <> b.id \
            GROUP BY a.id, b.id ON CONFLICT (product_id, other_id) DO UPDATE SET orders = t.orders + excluded.orders), \
            \(selling(by: sign))
            """
    }

    /// Adds the units of `moved` to the sales, or takes them off.
    private static func selling(by sign: Int) -> PostgresQuery {
        """
        sale AS (INSERT INTO product_sales AS t (product_id, sold) SELECT a.id, \(literal: sign) * sum(a.units) FROM moved m \
        CROSS JOIN unnest(m.products, m.units) a (id, units) WHERE m.is_recent GROUP BY a.id \
        ON CONFLICT (product_id) DO UPDATE SET sold = t.sold + excluded.sold, updated_at = now())
        """
    }
}
