import Orders

extension CheckoutSettings {
    /// As the environment wants it.
    init(_ reader: inout SettingsReader) {
        self.init()
        orders = reader.read(
            "ORDER_BATCH_MAX", .integer(1...500), default: orders,
            "Most orders that are placed in one transaction, when many come at once")
        transactions = reader.read(
            "ORDER_TRANSACTIONS", .integer(1...50), default: transactions, "Most such transactions at a time in each event loop")
        capacity = reader.read(
            "ORDER_QUEUE", .integer(1...100_000), default: capacity, "Most orders being placed or waiting, then 503")
        lockTimeout = reader.read(
            "ORDER_LOCK_TIMEOUT", .duration(.milliseconds(10) ... .seconds(60)), default: lockTimeout,
            "How long such a transaction waits for locked stock; after that, the orders for this stock wait by themselves")
    }
}
