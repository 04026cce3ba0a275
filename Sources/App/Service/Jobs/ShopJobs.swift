import Accounts
import Cart
import Catalog
import Configuration
import Events
import Logging
import Orders
import Recommendations
import Webhooks

/// The jobs that the service runs.
enum ShopJobs {
    static func all(
        orders: OrderStore, catalog: CatalogStore, carts: CartStore, cartTickets: CartTicketStore, events: EventRetention,
        shop: ShopSettings, eventSettings: EventSettings, webhooks: WebhookResealing, purchases: PurchaseCounter,
        accounts: AccountStore, abandonedCarts: AbandonedCarts, logger: Logger
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
            EventCleanupJob(events: events, retention: eventSettings.retention, patience: eventSettings.retries.patience),
            EventBacklogMetricsJob(events: events),
            SearchWordsJob(catalog: catalog),
            WebhookSecretsJob(resealing: webhooks),
            PurchaseCountJob(purchases: purchases),
            SessionCleanupJob(sessions: accounts.sessions),
            AccountRequestCleanupJob(accounts: accounts),
            AbandonedCartsJob(carts: abandonedCarts),
        ]
    }
}
