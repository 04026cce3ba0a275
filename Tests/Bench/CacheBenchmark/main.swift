// The hit rate of the catalogue's cache and its cost, compared with simpler caches: swift run -c release cache-benchmark
//
// Shoppers request few products often (Zipf), while crawlers request all of them.

import Glibc

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

struct Trace {
    let name: String
    let requests: [Int]

    /// - Parameters:
    ///   - skew: Zipf's exponent
    ///   - scanned: what part of the requests are a crawler's, which asks for one product after another
    ///   - drift: after how many requests another product becomes the most wanted; 0: never
    init(_ name: String, products: Int, count: Int, skew: Double, scanned: Double, drift: Int = 0) {
        self.name = name
        var random = Numbers(state: 42)
        var sums: [Double] = []
        var sum = 0.0
        for rank in 1...products {
            sum += pow(Double(rank), -skew)
            sums.append(sum)
        }
        var order = Array(0..<products)
        order.shuffle(using: &random)
        var crawler = 0
        var requests: [Int] = []
        requests.reserveCapacity(count)
        for number in 0..<count {
            if drift > 0, number % drift == drift - 1 {
                order.swapAt(Int.random(in: 0..<100, using: &random), Int.random(in: 0..<products, using: &random))
            }
            if Double.random(in: 0..<1, using: &random) < scanned {
                crawler = (crawler + 1) % products
                requests.append(crawler)
            } else {
                let wanted = Double.random(in: 0..<sum, using: &random)
                var (low, high) = (0, products - 1)
                while low < high {
                    let middle = (low + high) / 2
                    if sums[middle] > wanted { high = middle } else { low = middle + 1 }
                }
                requests.append(order[low])
            }
        }
        self.requests = requests
    }
}

/// A product's entry: 1 to 4 KiB, always the same of one product.
func cost(_ product: Int) -> Int { 1_024 + product &* 7_919 % 3_072 }

func hitRatio<Cache: ComparedCache>(_: Cache.Type, _ trace: Trace, keys: [String], budget: Int) -> Double {
    var cache = Cache(budget: budget)
    var hits = 0
    for product in trace.requests {
        if cache.value(for: keys[product]) != nil {
            hits += 1
        } else {
            cache.insert(product, for: keys[product], cost: cost(product))
        }
        precondition(cache.cost <= budget)
    }
    return Double(hits) / Double(trace.requests.count)
}

/// Nanoseconds of a hit, and of a miss with what it puts in.
func cost<Cache: ComparedCache>(_: Cache.Type, keys: [String]) -> (hit: Double, miss: Double) {
    let clock = ContinuousClock()
    var cache = Cache(budget: 16 << 20)
    for product in 0..<2_000 { cache.insert(product, for: keys[product], cost: cost(product)) }
    var random = Numbers(state: 7)
    let asked = (0..<200_000).map { _ in Int.random(in: 0..<2_000, using: &random) }
    var sum = 0
    var best = (hit: Double.infinity, miss: Double.infinity)
    for _ in 0..<7 {
        let hits = clock.measure { for product in asked { sum &+= cache.value(for: keys[product]) ?? 0 } }
        best.hit = min(best.hit, hits / .nanoseconds(1) / Double(asked.count))
        let misses = clock.measure {
            for product in 0..<keys.count where cache.value(for: keys[product]) == nil {
                cache.insert(product, for: keys[product], cost: cost(product))
            }
        }
        best.miss = min(best.miss, misses / .nanoseconds(1) / Double(keys.count))
    }
    precondition(sum != 1)
    return best
}

let products = 100_000
let keys = (0..<products).map { "p:product-\($0)" }
let traces = [
    Trace("Zipf 0.8", products: products, count: 2_000_000, skew: 0.8, scanned: 0),
    Trace("Zipf 1.0", products: products, count: 2_000_000, skew: 1, scanned: 0),
    Trace("Zipf 1.0, 20 % crawled", products: products, count: 2_000_000, skew: 1, scanned: 0.2),
    Trace("Zipf 1.0, 60 % crawled", products: products, count: 2_000_000, skew: 1, scanned: 0.6),
    Trace("Zipf 1.0, fashions, 20 % crawled", products: products, count: 2_000_000, skew: 1, scanned: 0.2, drift: 2_000),
]
func column(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
func percent(_ value: Double) -> String { "\(Double(Int(value * 1_000 + 0.5)) / 10)" }

print("hit ratio, %" + column("budget", 28) + column("LRU", 10) + column("generations", 14) + column("S3-FIFO", 10))
for trace in traces {
    for megabytes in [1, 4, 16, 64] {
        let budget = megabytes << 20
        print(
            trace.name + column("\(megabytes) MiB", 40 - trace.name.count)
                + column(percent(hitRatio(LRUCache.self, trace, keys: keys, budget: budget)), 10)
                + column(percent(hitRatio(GenerationCache.self, trace, keys: keys, budget: budget)), 14)
                + column(percent(hitRatio(S3FIFOCache<Int>.self, trace, keys: keys, budget: budget)), 10))
    }
}
let costs = [cost(LRUCache.self, keys: keys), cost(GenerationCache.self, keys: keys), cost(S3FIFOCache<Int>.self, keys: keys)]
print(
    "ns a hit" + column("", 32) + column("\(Int(costs[0].hit))", 10) + column("\(Int(costs[1].hit))", 14)
        + column("\(Int(costs[2].hit))", 10))
print(
    "ns a miss and insert" + column("", 20) + column("\(Int(costs[0].miss))", 10) + column("\(Int(costs[1].miss))", 14)
        + column("\(Int(costs[2].miss))", 10))
