import Inventory
import EventLoop

/// One order that is to be placed, from when it is asked for until it is answered. Confined to its loop.
final class CheckoutAttempt {
    let request: OrderRequest
    /// That of the cart's secret, where the order comes from a cart.
    let cartTokenHash: [UInt8]
    let record: IdempotencyRecord
    /// Who places it; nil where no bounds are kept.
    let holder: Holder?
    /// What it wants, where that is known before a cart is read.
    let demand: RequestedQuantities?
    /// What it wants as far as is known: that of a cart once it was read.
    var skus: [String]
    /// By when its client must have an answer.
    let deadline: Deadline
    /// When it was asked for, in nanoseconds of the monotonic clock.
    let arrived: UInt64
    let promise: Promise<PlacementAnswer>
    /// How often its transaction failed, and was worth another.
    var runs = 0
    /// How often there was less stock when it was written than when it was looked at.
    var races = 0

    init(
        _ request: OrderRequest, cartTokenHash: [UInt8], record: IdempotencyRecord, holder: Holder? = nil,
        demand: RequestedQuantities?,
        deadline: Deadline, on loop: EventLoop
    ) {
        self.request = request
        self.cartTokenHash = cartTokenHash
        self.record = record
        self.holder = holder
        self.demand = demand
        skus = demand?.skus ?? []
        self.deadline = deadline
        arrived = loop.now
        promise = Promise(on: loop)
    }

    /// Whether nobody waits for its answer any more.
    var isAbandoned = false

    /// The locks that it needs, as far as is known.
    var locks: [CheckoutLock] { skus.map { .stock($0) } + (holder?.locks.map { .holder($0) } ?? []) }

    /// About how many rows of stock it needs.
    var lines: Int { skus.isEmpty ? 8 : skus.count }
}
