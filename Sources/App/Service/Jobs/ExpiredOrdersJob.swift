import CSystem
import CoreMetrics
import Formats
import FoundationEssentials
import Logging
import Orders

/// Expires orders whose reservation has run out without a payment, and releases their stock.
///
/// An order whose stock another session has locked is left for a later run; the log and a metric report such orders.
final class ExpiredOrdersJob: BackgroundJob {
    private static let batch = 100

    let name = "expired_orders"
    let schedule = JobSchedule.every(.seconds(5))
    let deadline = Duration.seconds(120)
    private let orders: OrderStore
    private let logger: Logger
    private let overdue: Meter
    private var warning = WarningThrottle()

    init(orders: OrderStore, logger: Logger, factory: any MetricsFactory = MetricsSystem.factory) {
        self.orders = orders
        self.logger = logger
        overdue = Meter(label: "commerce_orders_overdue", factory: factory)
    }

    func run() async throws -> Int {
        // Most runs find nothing, and one read tells.
        guard try await orders.isAnyOverdue() else {
            overdue.set(0)
            warning.reset()
            return 0
        }
        var expired = 0
        var locked: Set<UUID> = []
        while !Task.isCancelled {
            let batch = try await orders.expire(limit: Self.batch, passingOver: locked)
            expired += batch.expired
            let isNew = !batch.held.isSubset(of: locked)
            locked.formUnion(batch.held)
            guard batch.expired > 0 || isNew, batch.found == Self.batch || isNew else { break }
        }
        let left = locked.isEmpty ? 0 : try await orders.overdue()
        overdue.set(left)
        report(left, locked)
        return expired
    }

    /// Not a number: Prometheus shows the value of the worker that does the job.
    func runsElsewhere() { overdue.set(Double.nan) }

    private func report(_ left: Int, _ locked: Set<UUID>) {
        guard left > 0 else { return warning.reset() }
        guard warning.allows(at: csystem_monotonic()) else { return }
        logger.warning(
            "orders cannot expire yet: another session holds their stock",
            metadata: [
                "orders": .stringConvertible(left),
                "variants": .string(locked.prefix(5).map(\.text).sorted().joined(separator: " ")),
            ])
    }
}
