import EventLoop
import Logging

/// Ends what has run out: unpaid orders, which give back their stock, carts, and kept answers. Any number of tasks
/// may sweep at once; they pass over what another is at. Confined to its loop.
final class Sweeper {
    private static let interval = Duration.seconds(5)
    private static let batch = 100

    private let loop: EventLoop
    private let orders: OrderStore
    private let carts: CartStore
    private let cartTickets: CartTicketStore
    private let answerLifetime: Duration
    private let logger: Logger
    private var task: Task<Void, Never>?

    init(
        loop: EventLoop, orders: OrderStore, carts: CartStore, cartTickets: CartTicketStore, answerLifetime: Duration,
        logger: Logger
    ) {
        self.loop = loop
        self.orders = orders
        self.carts = carts
        self.cartTickets = cartTickets
        self.answerLifetime = answerLifetime
        self.logger = logger
    }

    func start() {
        task = loop.run { [self] in
            while !Task.isCancelled {
                // Not in step with the other tasks of the fleet.
                try? await loop.sleep(for: Self.interval * Double.random(in: 0.8...1.2))
                guard !Task.isCancelled else { return }
                await sweep("orders expired") { [orders] in try await orders.expire(limit: $0) }
                await sweep("carts expired") { [carts] in try await carts.expire(limit: $0) }
                await sweep("tickets ended") { [cartTickets] in try await cartTickets.sweep(limit: $0) }
                await sweep("answers forgotten") { [orders, answerLifetime] in
                    try await orders.forgetAnswers(olderThan: answerLifetime, limit: $0)
                }
            }
        }
    }

    func stop() { task?.cancel() }

    /// Batch after batch, until one is not full.
    private func sweep(_ what: String, _ body: (Int) async throws -> Int) async {
        do {
            var total = 0
            while !Task.isCancelled {
                let count = try await body(Self.batch)
                total += count
                if count < Self.batch { break }
            }
            if total > 0 { logger.info("\(what)", metadata: ["count": .stringConvertible(total)]) }
        } catch {
            logger.debug("sweep failed", metadata: ["what": .string(what), "error": .string(String(describing: error))])
        }
    }
}
