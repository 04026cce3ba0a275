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
        let rows = try await read("\(Column.select) FROM stock s WHERE s.variant_id = ANY(\(variants))")
        return try rows.withFields(Column.types) { fields in
            var found: [UUID: Int] = [:]
            found.reserveCapacity(fields.rows)
            for row in 0..<fields.rows { found[try fields.uuid(row, .variant)] = try fields.integer(row, .available) }
            return found
        }
    }

    private enum Column: Int, PostgresTypedColumn {
        case variant, available

        var definition: (sql: PostgresQuery, type: any PostgresEncodable.Type) {
            switch self {
            case .variant: ("s.variant_id", UUID.self)
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
