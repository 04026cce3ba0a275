import Cart
import Configuration
import Logging
import Orders

/// The jobs that the service runs.
enum ShopJobs {
    static func all(
        orders: OrderStore, carts: CartStore, cartTickets: CartTicketStore, shop: ShopSettings, logger: Logger
    ) -> [any BackgroundJob] {
        [
            ExpiredOrdersJob(orders: orders, logger: logger),
            ExpiredCartsJob(carts: carts),
            CartTicketCleanupJob(tickets: cartTickets),
            IdempotencyCleanupJob(orders: orders, lifetime: shop.idempotencyLifetime),
            CartCleanupJob(carts: carts, retention: shop.retention.carts),
            UnpaidOrderErasureJob(orders: orders, retention: shop.retention.persons),
            UnpaidOrderCleanupJob(orders: orders, retention: shop.retention.orders),
            StockMovementSummaryJob(orders: orders, retention: shop.retention.movements),
            OrderHoldCleanupJob(orders: orders),
            HeldStockMetricsJob(orders: orders),
        ]
    }
}
