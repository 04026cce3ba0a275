import Orders

extension CheckoutSettings {
    /// Reads the settings of the environment over the present values.
    mutating func read(_ reader: inout SettingsReader) {
        orders = reader.read(
            "ORDER_BATCH_MAX", .integer(1...500), default: orders,
            "Maximum orders in one transaction, when many are placed at the same time")
        transactions = reader.read(
            "ORDER_TRANSACTIONS", .integer(1...50), default: transactions,
            "Maximum concurrent transactions of this kind in each event loop")
        capacity = reader.read(
            "ORDER_QUEUE", .integer(1...100_000), default: capacity, "Maximum orders that are being placed or wait, then 503")
        lockTimeout = reader.read(
            "ORDER_LOCK_TIMEOUT", .duration(.milliseconds(10) ... .seconds(60)), default: lockTimeout,
            "How long such a transaction waits for locked stock; after that, the orders for this stock wait in a "
                + "transaction of their own")
    }
}
