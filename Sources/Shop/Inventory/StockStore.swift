package import FoundationEssentials
package import PostgresClient

/// Reads the stock that shoppers are shown. Orders read it under their own locks.
package struct StockStore {
    private let pool: PostgresPool
    private let replica: ReplicaReads?

    /// - Parameter replica: nil: the primary is read
    package init(pool: PostgresPool, replica: ReplicaReads? = nil) {
        self.pool = pool
        self.replica = replica
    }

    private func read(_ query: PostgresQuery) async throws -> PostgresRows {
        if let replica { return try await replica.query(query) }
        return try await pool.query(query)
    }

    /// How many pieces of each of these variants can be bought; a variant that is gone is left out.
    package func stock(of variants: [UUID]) async throws -> [UUID: Int] {
        let rows = try await read("\(VariantColumn.select) FROM stock s WHERE s.variant_id = ANY(\(variants))")
            .named(VariantColumn.self)
        var found: [UUID: Int] = [:]
        found.reserveCapacity(rows.count)
        for row in rows { found[try row[.variant]] = Int(try row[.available, as: Int32.self]) }
        return found
    }

    private enum VariantColumn: Int, PostgresColumn {
        case variant, available

        var sql: PostgresQuery {
            switch self {
            case .variant: "s.variant_id"
            case .available: StockSQL.available
            }
        }

        static let select: PostgresQuery = "SELECT \(selectList)"
    }

    /// The active variants of these products, in their order, with their stock.
    package func stock(ofProducts products: [UUID]) async throws -> ProductStock {
        let rows = try await read(
            """
            \(ProductColumn.select) FROM unnest(\(products)) WITH ORDINALITY k (id, place) \
            JOIN variant v ON v.product_id = k.id AND v.active JOIN stock s ON s.variant_id = v.id
            """)
        return try rows.withFields(ProductColumn.types) { fields in
            ProductStock(
                products: products.count,
                rows: try (0..<fields.rows).map { row in
                    (
                        product: Int(try fields.bigint(row, .place)) &- 1, variant: try fields.uuid(row, .variant),
                        available: try fields.integer(row, .available)
                    )
                })
        }
    }

    private enum ProductColumn: Int, PostgresTypedColumn {
        case place, variant, available

        var definition: (sql: PostgresQuery, type: any PostgresEncodable.Type) {
            switch self {
            case .place: ("k.place", Int64.self)
            case .variant: ("v.id", UUID.self)
            case .available: (StockSQL.available, Int32.self)
            }
        }

        static let types = PostgresColumnTypes<Self>()
        static let select: PostgresQuery = "SELECT \(selectList)"
    }
}

/// What statements say of the table `stock`, which they call `s`.
package enum StockSQL {
    /// How many pieces of a variant can be bought.
    package static let available: PostgresQuery = "s.on_hand - s.reserved"
    /// Whether a variant can be bought.
    package static let isAvailable: PostgresQuery = "s.on_hand > s.reserved"
}
