import TestSupport
import Testing

@testable import Web

@Suite struct FairQueueTests {
    /// For calls that mutate a value, which `#expect` does not accept.
    private static func check(_ holds: Bool, _ location: SourceLocation = #_sourceLocation) {
        #expect(holds, sourceLocation: location)
    }

    private static func entry(_ id: UInt64, _ client: String, at arrived: UInt64 = 0) -> FairQueue.Entry {
        FairQueue.Entry(id: id, client: client, arrived: arrived)
    }

    /// Most clients want more than their share, some less: the shares after many rounds.
    @Test(arguments: UInt64(0)..<100)
    func sharesAreMaxMinFair(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        let capacity = Int.random(in: 4...60, using: &chance)
        let demands = (0..<Int.random(in: 1...8, using: &chance)).map { _ in Int.random(in: 1...80, using: &chance) }
        var queue = FairQueue()
        var working: [[UInt64]] = Array(repeating: [], count: demands.count)
        var asked = Array(repeating: 0, count: demands.count)
        var owners: [UInt64: Int] = [:]
        var id: UInt64 = 0
        var sums = Array(repeating: 0, count: demands.count)
        let rounds = 6_000
        for round in 0..<rounds {
            // Each client keeps this much work, the greedy ones first.
            for client in demands.indices {
                while asked[client] < demands[client] {
                    id += 1
                    owners[id] = client
                    asked[client] += 1
                    Self.check(queue.enqueue(Self.entry(id, "\(client)", at: id), capacity: 10_000) == nil)
                }
            }
            while queue.inFlight < capacity, let entry = queue.next(newestFirst: round % 2 == 0) {
                if let client = owners[entry.id] { working[client].append(entry.id) }
            }
            for client in demands.indices where round > 1_000 { sums[client] += working[client].count }
            // One piece of work ends.
            let all = working.indices.filter { !working[$0].isEmpty }
            guard let client = all.randomElement(using: &chance) else { continue }
            owners[working[client].removeLast()] = nil
            asked[client] -= 1
            queue.end("\(client)")
        }
        // Max-min by filling: clients that want more than an even share get an even share of the rest.
        var shares = Array(repeating: 0.0, count: demands.count)
        var left = Double(capacity)
        var open = demands.indices.sorted { demands[$0] < demands[$1] }
        while let first = open.first {
            let share = min(Double(demands[first]), left / Double(open.count))
            shares[first] = share
            left -= share
            open.removeFirst()
        }
        for client in demands.indices {
            let mean = Double(sums[client]) / Double(rounds - 1_001)
            #expect(
                abs(mean - shares[client]) <= 1.5 + shares[client] / 10,
                "\(demands) of \(capacity): \(client) has \(mean), not \(shares[client])")
        }
    }

    @Test func theClientWithTheMostWaitingWorkLosesItsOldest() {
        var queue = FairQueue()
        for id in 1...4 { Self.check(queue.enqueue(Self.entry(UInt64(id), "greedy"), capacity: 5) == nil) }
        Self.check(queue.enqueue(Self.entry(5, "modest"), capacity: 5) == nil)
        Self.check(queue.enqueue(Self.entry(6, "modest"), capacity: 5)?.id == 1)
        Self.check(queue.enqueue(Self.entry(7, "another"), capacity: 5)?.id == 2)
        #expect(queue.waiting == 5)
        Self.check(queue.enqueue(Self.entry(8, "greedy"), capacity: 0)?.client == "greedy")
    }

    @Test func theQueueIsFullForTheClientWithTheMostWork() {
        var queue = FairQueue()
        for id in 1...3 { _ = queue.enqueue(Self.entry(UInt64(id), "greedy"), capacity: 9) }
        #expect(!queue.isFull(for: "greedy", capacity: 4) && queue.isFull(for: "greedy", capacity: 3))
        #expect(!queue.isFull(for: "modest", capacity: 3), "one of the greedy goes for it")
        var empty = FairQueue()
        #expect(empty.isFull(for: "anybody", capacity: 0))
        empty.begin("anybody")
        #expect(!empty.isFull(for: "anybody", capacity: 1))
    }

    @Test func withoutAQueueNewWorkIsRefused() {
        var queue = FairQueue()
        queue.begin("a")
        let entry = Self.entry(1, "a")
        Self.check(queue.enqueue(entry, capacity: 0) == entry)
        #expect(queue.waiting == 0)
    }

    @Test func theNewestOrOldestWorkOfAClientIsNext() {
        var queue = FairQueue()
        for id in 1...3 { _ = queue.enqueue(Self.entry(UInt64(id), "a"), capacity: 9) }
        Self.check(queue.next(newestFirst: false)?.id == 1)
        Self.check(queue.next(newestFirst: true)?.id == 3)
        Self.check(queue.next(newestFirst: true)?.id == 2)
        Self.check(queue.next(newestFirst: true) == nil)
    }

    @Test func aClientWithLessThanItsShareMayWaitLonger() {
        var queue = FairQueue()
        for _ in 0..<5 { queue.begin("greedy") }
        queue.begin("modest")
        _ = queue.enqueue(Self.entry(1, "greedy", at: 10), capacity: 9)
        _ = queue.enqueue(Self.entry(2, "modest", at: 10), capacity: 9)
        let gone = queue.removeArrived(upTo: 50, modest: 5, share: 3)
        #expect(gone.map(\.client) == ["greedy"])
        let late = queue.removeArrived(upTo: 50, modest: 10, share: 3)
        #expect(late.map(\.client) == ["modest"])
    }

    /// A thousand random steps: the numbers always agree with a plain list, and no client is remembered without need.
    @Test(arguments: UInt64(0)..<50)
    func keepsItsBooks(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        var queue = FairQueue()
        var waiting: [FairQueue.Entry] = []
        var working: [String: Int] = [:]
        for step in 0..<1_000 {
            let client = "\(Int.random(in: 0..<12, using: &chance))"
            switch Int.random(in: 0..<6, using: &chance) {
            case 0:
                queue.begin(client)
                working[client, default: 0] += 1
            case 1:
                queue.end(client)
                if let count = working[client] { working[client] = count > 1 ? count - 1 : nil }
            case 2, 3:
                let entry = Self.entry(UInt64(step), client, at: UInt64(step))
                waiting.append(entry)
                if let victim = queue.enqueue(entry, capacity: 20) { waiting.removeAll { $0 == victim } }
            case 4:
                if let entry = queue.next(newestFirst: Bool.random(using: &chance)) {
                    #expect(waiting.contains(entry))
                    waiting.removeAll { $0 == entry }
                    working[entry.client, default: 0] += 1
                } else {
                    #expect(waiting.isEmpty)
                }
            default:
                if Bool.random(using: &chance), let entry = waiting.randomElement(using: &chance) {
                    Self.check(queue.abandon(entry))
                    Self.check(!queue.abandon(entry))
                    waiting.removeAll { $0 == entry }
                } else {
                    let until = UInt64(max(0, step - 60))
                    let gone = queue.removeArrived(upTo: until, modest: until, share: 0)
                    #expect(Set(gone.map(\.id)) == Set(waiting.filter { $0.arrived <= until }.map(\.id)))
                    waiting.removeAll { $0.arrived <= until }
                }
            }
            #expect(queue.waiting == waiting.count && waiting.count <= 20)
            #expect(queue.inFlight == working.values.reduce(0, +))
            #expect(queue.clientCount == Set(waiting.map(\.client)).union(working.keys).count)
            #expect(queue.inFlight(of: client) == working[client] ?? 0)
        }
    }
}
