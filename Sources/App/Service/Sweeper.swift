import Cart
import Configuration
import Orders
import CoreMetrics
import EventLoop
import FoundationEssentials
import Formats
import Logging

/// Ends what has run out: unpaid orders, which give back their stock, carts, and kept answers; and removes what came to its
/// end long ago. Any number of tasks may sweep at once; they pass over what another is at. A sweep that fails is told of, and
/// tried again in the next round. Confined to its loop.
final class Sweeper {
    private static let interval = Duration.seconds(5)
    private static let batch = 100
    /// How often the whole stock is counted, and a trouble that lasts is told of: in rounds.
    private static let seldom = 12

    private let loop: EventLoop
    private let orders: OrderStore
    private let carts: CartStore
    private let cartTickets: CartTicketStore
    private let answerLifetime: Duration
    private let retention: RetentionSettings
    private let logger: Logger
    private let metrics = SweepMetrics()
    private var task: Task<Void, Never>?
    private var rounds = 0
    /// In how many rounds of late a sweep has failed, or left something, without being told.
    private var silences: [String: Int] = [:]

    init(
        loop: EventLoop, orders: OrderStore, carts: CartStore, cartTickets: CartTicketStore, answerLifetime: Duration,
        retention: RetentionSettings, logger: Logger
    ) {
        self.loop = loop
        self.orders = orders
        self.carts = carts
        self.cartTickets = cartTickets
        self.answerLifetime = answerLifetime
        self.retention = retention
        self.logger = logger
    }

    func start() {
        task = loop.run { [self] in
            while !Task.isCancelled {
                // Not in step with the other tasks of the fleet.
                try? await loop.sleep(for: Self.interval * Double.random(in: 0.8...1.2))
                guard !Task.isCancelled else { return }
                await round()
            }
        }
    }

    func stop() { task?.cancel() }

    private func round() async {
        await expireOrders()
        await sweep("carts expired") { [carts] in try await carts.expire(limit: $0) }
        await sweep("tickets ended") { [cartTickets] in try await cartTickets.sweep(limit: $0) }
        await sweep("answers forgotten") { [orders, answerLifetime] in
            try await orders.forgetAnswers(olderThan: answerLifetime, limit: $0)
        }
        await sweep("carts dropped") { [carts, retention] in try await carts.drop(endedBefore: retention.carts, limit: $0) }
        await sweep("orders blanked") { [orders, retention] in try await orders.blank(endedBefore: retention.persons, limit: $0) }
        await sweep("orders dropped") { [orders, retention] in try await orders.drop(endedBefore: retention.orders, limit: $0) }
        await sweep("movements summed up", batch: 1_000, full: 1) { [orders, retention] in
            try await orders.sumUpMovements(olderThan: retention.movements, limit: $0)
        }
        if rounds % Self.seldom == 0 {
            await sweep("holds dropped") { [orders] in try await orders.dropHolds(limit: $0) }
            if let (held, onHand) = try? await orders.heldStock() { metrics.stock(held: held, of: onHand) }
        }
        rounds &+= 1
    }

    /// Orders whose stock another session holds are left for later, and told of.
    private func expireOrders() async {
        let what = "orders expired"
        do {
            var total = 0
            var held: Set<UUID> = []
            while !Task.isCancelled {
                let round = try await orders.expire(limit: Self.batch, passingOver: held)
                total += round.expired
                let isNew = !round.held.isSubset(of: held)
                held.formUnion(round.held)
                guard round.expired > 0 || isNew, round.found == Self.batch || isNew else { break }
            }
            done(what, total)
            let left = held.isEmpty ? 0 : try await orders.overdue()
            metrics.overdue(left)
            guard left > 0 else { return silences["overdue"] = nil }
            tell(
                "overdue", "orders cannot expire yet: another session holds their stock",
                [
                    "orders": .stringConvertible(left),
                    "variants": .string(held.prefix(5).map(\.text).sorted().joined(separator: " ")),
                ])
        } catch {
            failed(what, error)
        }
    }

    /// Batch after batch, until one is not full.
    private func sweep(
        _ what: String, batch: Int = Sweeper.batch, full: Int = Sweeper.batch, _ body: (Int) async throws -> Int
    ) async {
        do {
            var total = 0
            while !Task.isCancelled {
                let count = try await body(batch)
                total += count
                if count < full { break }
            }
            done(what, total)
        } catch {
            failed(what, error)
        }
    }

    private func done(_ what: String, _ count: Int) {
        silences[what] = nil
        metrics.done(what, count)
        if count > 0 { logger.info("\(what)", metadata: ["count": .stringConvertible(count)]) }
    }

    private func failed(_ what: String, _ error: any Error) {
        guard !Task.isCancelled else { return }
        metrics.failed(what)
        tell(what, "sweep failed", ["what": .string(what), "error": .string(String(describing: error))])
    }

    /// A trouble that lasts is told of once a minute.
    private func tell(_ trouble: String, _ message: String, _ metadata: Logger.Metadata) {
        let silent = silences[trouble] ?? 0
        silences[trouble] = silent + 1 < Self.seldom ? silent + 1 : 0
        if silent == 0 { logger.warning("\(message)", metadata: metadata) }
    }
}

/// What shows whether sweeps come along, and how much of the stock is held. Confined to its loop.
final class SweepMetrics {
    private let factory: any MetricsFactory
    private let overdue: Meter
    private let heldUnits: Meter
    private let heldRatio: Meter
    /// By name, as they come.
    private var sweeps: [String: (rows: Counter, failures: Counter, success: Meter)] = [:]

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        overdue = Meter(label: "commerce_orders_overdue", factory: factory)
        heldUnits = Meter(label: "commerce_stock_held_units", factory: factory)
        heldRatio = Meter(label: "commerce_stock_held_ratio", factory: factory)
    }

    func done(_ what: String, _ count: Int) {
        let sweep = sweep(what)
        sweep.rows.increment(by: Int64(count))
        sweep.success.set(Double(Timestamp.now.microseconds / 1_000_000))
    }

    func failed(_ what: String) { sweep(what).failures.increment() }

    func overdue(_ count: Int) { overdue.set(count) }

    func stock(held: Int64, of onHand: Int64) {
        heldUnits.set(Double(held))
        heldRatio.set(onHand > 0 ? Double(held) / Double(onHand) : 0)
    }

    private func sweep(_ what: String) -> (rows: Counter, failures: Counter, success: Meter) {
        if let known = sweeps[what] { return known }
        let dimensions = [("sweep", what.split(separator: " ").joined(separator: "_"))]
        let made = (
            Counter(label: "commerce_sweep_rows_total", dimensions: dimensions, factory: factory),
            Counter(label: "commerce_sweep_failures_total", dimensions: dimensions, factory: factory),
            Meter(label: "commerce_sweep_last_success_timestamp_seconds", dimensions: dimensions, factory: factory)
        )
        sweeps[what] = made
        return made
    }
}
