import Cart
import EventLoop
import FoundationEssentials
import Inventory
import Web

/// A request to place an order, with the secrets and the key that belong to it.
package struct CheckoutRequest: Sendable {
    package let order: OrderRequest
    /// The hash of the cart's token; empty for an order without a cart.
    let cartTokenHash: [UInt8]
    let record: IdempotencyRecord
    /// The client whose unpaid orders are limited; nil without limits.
    let holder: Holder?
    /// The account of the customer; nil for a guest.
    let customer: UUID?
    /// The language of the shopper, as in `de`; nil where it is unknown.
    let locale: String?
    /// The quantities of an order without a cart. Those of a cart are read with it.
    let quantities: RequestedQuantities?
    /// The trace of the request.
    let traceID: String?

    /// - Parameters:
    ///   - cartTokenHash: the hash of the cart's token; nil where the request has none
    ///   - locale: the language of the shopper
    ///   - traceID: the trace of the request, for the order's event
    /// - Throws: `Problem`: 404 for a cart without its token, 422 for too large a quantity of one SKU.
    package init(
        _ order: OrderRequest, cartTokenHash: [UInt8]?, record: IdempotencyRecord, holder: Holder? = nil,
        customer: UUID? = nil, locale: String? = nil, traceID: String? = nil
    ) throws(Problem) {
        switch order.source {
        case .cart:
            guard cartTokenHash != nil else { throw .noCart }
            quantities = nil
        case .items(let items):
            guard let sums = RequestedQuantities(items) else {
                throw .invalid("/items", "an order can have at most \(LineQuantity.maximum) of one SKU")
            }
            quantities = sums
        }
        self.order = order
        self.cartTokenHash = cartTokenHash ?? []
        self.record = record
        self.holder = holder
        self.customer = customer
        self.locale = locale
        self.traceID = traceID
    }
}

/// The way of one request through the queue, until its response. Confined to its loop.
final class CheckoutAttempt {
    let request: CheckoutRequest
    /// The SKUs as far as they are known: those of a cart after it was read.
    var skus: [String]
    /// The time by which the client needs a response.
    let deadline: Deadline
    /// The time of arrival, in nanoseconds of the monotonic clock.
    let arrived: UInt64
    let promise: Promise<CheckoutResponse>
    /// How often its transaction has failed and was run again.
    var retries = 0
    /// How often other orders took stock between reading and writing.
    var races = 0
    /// Whether the client no longer waits.
    var isAbandoned = false

    init(_ request: CheckoutRequest, deadline: Deadline, on loop: EventLoop) {
        self.request = request
        skus = request.quantities?.skus ?? []
        self.deadline = deadline
        arrived = loop.now
        promise = Promise(on: loop)
    }

    /// The locks that it needs, as far as they are known.
    var locks: [CheckoutLock] { skus.map { .stock($0) } + (request.holder?.locks.map { .holder($0) } ?? []) }

    /// About how many rows of stock it needs.
    var lines: Int { skus.isEmpty ? 8 : skus.count }
}

/// The outcome of one attempt to place an order.
enum CheckoutOutcome {
    /// The order is placed, now or by an earlier request with its key.
    case completed(CheckoutResponse)
    case refused(Problem)
    /// - Parameter mayRetry: whether the load of the database allows another attempt
    case failed(any Error, mayRetry: Bool)
}
