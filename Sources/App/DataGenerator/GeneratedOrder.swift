import Orders
import Formats
import FoundationEssentials

/// A generated order: a function of the seed and its number.
struct GeneratedOrder {
    struct Line: Equatable {
        let product: Int
        let variant: Int
        let quantity: Int
    }

    enum Holding { case held, captured, released }

    let index: Int
    let id: UUID
    let placedAt: Timestamp
    let lines: [Line]
    let statuses: [OrderStatus]

    var status: OrderStatus { statuses.last ?? .pendingPayment }

    /// What became of the stock it reserved.
    var holding: Holding {
        switch status {
        case .pendingPayment: .held
        case .cancelled, .expired: .released
        default: .captured
        }
    }

    init(_ index: Int, of orders: Int, products: Int, seed: UInt64) {
        var hash = SeededHash(seed: seed, stream: 5, index: index)
        self.index = index
        placedAt = GeneratedTime.moment(index, of: orders)
        id = UUID.v7(at: placedAt, random: hash.next())
        let wanted = 1 + hash.below(6)
        var lines: [Line] = []
        for _ in 0..<wanted {
            // Half of what is bought is what everybody buys.
            let product = hash.below(2) == 0 ? hash.popular(of: products) : hash.below(products)
            let core = GeneratedProduct.Core(product, of: products, seed: seed)
            let line = Line(product: product, variant: hash.below(core.variants), quantity: 1 + hash.below(3))
            // An order has each variant once.
            if !lines.contains(where: { $0.product == line.product && $0.variant == line.variant }) { lines.append(line) }
        }
        self.lines = lines
        // The last ones are still to be paid for; the others are mostly through.
        statuses = index >= orders - max(1, orders / 500) ? [.pendingPayment] : Self.ways[hash.below(Self.ways.count)]
    }

    private static let ways: [[OrderStatus]] = {
        let delivered: [OrderStatus] = [.pendingPayment, .confirmed, .processing, .shipped, .delivered]
        return Array(repeating: delivered, count: 35) + [
            Array(delivered.prefix(4)), Array(delivered.prefix(3)), Array(delivered.prefix(2)), [.pendingPayment, .expired],
            [.pendingPayment, .cancelled],
        ]
    }()

    /// When it came to the `step`th of its statuses.
    func moment(of step: Int) -> Timestamp { placedAt + .seconds(step * 3_000) }

    /// Random to look at, and another one for each order: multiplied by an odd number and folded, both of which can be undone.
    static func number(_ index: Int, seed: UInt64) -> String {
        let mask: UInt64 = 1 << 50 - 1
        var bits = (UInt64(truncatingIfNeeded: index) &+ seed &* 0x1_0000_0001) & mask
        bits = bits &* 0x2_545F_4914_F6CD & mask
        bits ^= bits >> 25
        bits = bits &* 0x1_9E37_79B9_7F4B & mask
        return OrderNumber.make(random: bits ^ bits >> 27)
    }
}
