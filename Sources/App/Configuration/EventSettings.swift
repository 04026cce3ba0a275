import Events
import Inventory

/// Events, and how long they are kept.
package struct EventSettings: Sendable {
    /// How long events and the log of their deliveries are kept. An order's first event is also needed to repeat the response to its
    /// request, so it stays longer than that: a day, in which the job that deletes responses has run.
    package let retention: Duration
    /// So few available units of a variant are low stock, unless the variant has a number of its own.
    package let lowStock: Int
    /// When failed deliveries are attempted again.
    package let retries: RetrySchedule

    init(_ reader: inout SettingsReader, beside shop: ShopSettings) {
        let retention = shop.retention
        let kept = reader.read(
            "EVENT_RETENTION", .duration(.seconds(1) ... .seconds(3_650 * 86_400)),
            default: min(.seconds(14 * 86_400), retention.persons),
            shownDefault: "14d",
            "How long events and the log of their deliveries are kept, for replays, and at least a day longer than "
                + "IDEMPOTENCY_LIFETIME; at most UNPAID_ORDER_PERSON_RETENTION, because events about orders contain the person")
        self.retention = max(kept, shop.idempotencyLifetime + .seconds(86_400))
        if kept > retention.persons {
            reader.reject(
                "EVENT_RETENTION", "is more than UNPAID_ORDER_PERSON_RETENTION",
                expected: "at most \(retention.persons.settingText)")
        }
        lowStock = reader.read(
            "LOW_STOCK", .integer(0...1_000_000), default: LowStock.defaultThreshold,
            "The event `stock.low` occurs when the available units of a variant fall to this number; an import can set another one "
                + "for a variant (`low_stock`)")
        var retries = RetrySchedule()
        retries.first = reader.read(
            "EVENT_RETRY_FIRST", .duration(RetrySchedule.shortest ... .seconds(3_600)), default: retries.first,
            "The longest pause before a failed delivery is attempted again for the first time. It doubles with each failure, and each "
                + "pause is a random part of it")
        retries.longest = reader.read(
            "EVENT_RETRY_LONGEST", .duration(RetrySchedule.shortest ... .seconds(3 * 86_400)), default: retries.longest,
            "The longest pause between two attempts of a delivery, also where the target asks for a longer one; at least "
                + "EVENT_RETRY_FIRST")
        self.retries = retries
        if retries.longest < retries.first {
            reader.reject(
                "EVENT_RETRY_LONGEST", "is less than EVENT_RETRY_FIRST", expected: "at least \(retries.first.settingText)")
        }
    }
}
