package import PostgresClient

/// What statements say of the table `stock`, which they call `s`: one spelling for all of them.
package enum StockSQL {
    /// How many pieces of a variant can be bought.
    package static let available: PostgresQuery = "s.on_hand - s.reserved"
    /// Whether a variant can be bought.
    package static let isAvailable: PostgresQuery = "s.on_hand > s.reserved"
}
