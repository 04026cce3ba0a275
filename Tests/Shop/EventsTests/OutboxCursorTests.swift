import TestSupport
import Testing

@testable import Events

/// No committed event is missed, whatever the order in which transactions take positions and commit.
@Suite("Outbox cursor")
struct OutboxCursorTests {
    /// Transactions as PostgreSQL runs them: an id first, then positions, then the end in any order.
    private struct Database {
        struct Transaction {
            let id: UInt64
            var positions: [Int64] = []
        }

        var nextID: UInt64 = 100
        var nextPosition: Int64 = 1
        var running: [Transaction] = []
        var committed: Set<Int64> = []
        /// Positions by aggregate, in the order of the aggregate's events. An aggregate is locked by one transaction at a time.
        var aggregates: [Int: [Int64]] = [:]
        var locks: [Int: UInt64] = [:]
        var uncommitted: [UInt64: [(aggregate: Int, position: Int64)]] = [:]

        /// The oldest transaction that runs, otherwise the next id (`pg_snapshot_xmin`).
        var oldest: UInt64 { running.map(\.id).min() ?? nextID }

        mutating func begin() {
            running.append(Transaction(id: nextID))
            nextID += 1
        }

        mutating func insert(_ index: Int, aggregate: Int) {
            let id = running[index].id
            guard locks[aggregate] == nil || locks[aggregate] == id else { return }
            locks[aggregate] = id
            running[index].positions.append(nextPosition)
            uncommitted[id, default: []].append((aggregate, nextPosition))
            nextPosition += 1
        }

        mutating func end(_ index: Int, commits: Bool) {
            let transaction = running.remove(at: index)
            if commits {
                committed.formUnion(transaction.positions)
                for event in uncommitted[transaction.id] ?? [] { aggregates[event.aggregate, default: []].append(event.position) }
            }
            uncommitted[transaction.id] = nil
            locks = locks.filter { $0.value != transaction.id }
        }

        /// What the poll's statement returns.
        func poll(_ cursor: OutboxCursor, limit: Int) -> [Int64] {
            Array(
                committed.filter { position in
                    position > cursor.high || cursor.gaps.contains { $0.positions.contains(position) }
                }.sorted().prefix(limit))
        }
    }

    @Test("every committed event is read, and those of an aggregate in order")
    func everything() {
        for seed in 0..<2_000 { run(seed) }
    }

    private func run(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var database = Database()
        var cursor = OutboxCursor(after: 0)
        var read: [Int64] = []
        var known: Set<Int64> = []
        var restarts = 0
        for _ in 0..<200 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0...2: if database.running.count < 6 { database.begin() }
            case 3...6:
                if let index = database.running.indices.randomElement(using: &random) {
                    database.insert(index, aggregate: .random(in: 0..<8, using: &random))
                }
            case 7...8:
                if let index = database.running.indices.randomElement(using: &random) {
                    database.end(index, commits: .random(in: 0..<4, using: &random) > 0)
                }
            case 9 where seed % 3 == 0:
                // Another worker takes over, from the position that was stored last.
                cursor = OutboxCursor(after: cursor.position)
                restarts += 1
            default:
                let limit = Int.random(in: 1...5, using: &random)
                let found = database.poll(cursor, limit: limit)
                let oldest = database.oldest
                cursor.read(found, isComplete: found.count < limit, oldest: oldest)
                read += found
                known.formUnion(found)
                // Meanwhile others go on, before the relay has the id that it asks for.
                if Bool.random(using: &random) { database.begin() }
                if cursor.needsBound {
                    cursor.bound(by: database.nextID)
                    database.nextID += 1
                }
                let missing = database.committed.filter { $0 <= cursor.position && !known.contains($0) }
                #expect(missing.isEmpty, "the position passes over events that were not read")
            }
        }
        while let index = database.running.indices.first { database.end(index, commits: true) }
        for _ in 0..<200 {
            let found = database.poll(cursor, limit: 3)
            cursor.read(found, isComplete: found.count < 3, oldest: database.oldest)
            read += found
            if cursor.needsBound { cursor.bound(by: database.nextID) }
        }
        #expect(Set(read) == database.committed)
        #expect(cursor.gaps.isEmpty)
        #expect(cursor.position == database.committed.max() ?? 0)
        if restarts == 0 { #expect(read.count == Set(read).count, "an event was read twice without a change of worker") }
        var places: [Int64: Int] = [:]
        for (place, position) in read.enumerated() where places[position] == nil { places[position] = place }
        for (_, positions) in database.aggregates {
            #expect(positions == positions.sorted())
            let order = positions.compactMap { places[$0] }
            #expect(order == order.sorted(), "an aggregate's events were read out of order")
        }
    }

    @Test("a position that was rolled back is given up once all older transactions have ended, and not before")
    func rolledBack() {
        var cursor = OutboxCursor(after: 10)
        cursor.read([12, 15], isComplete: true, oldest: 90)
        #expect(cursor.gaps.map(\.positions) == [11...11, 13...14])
        #expect(cursor.position == 10 && cursor.high == 15)
        // Without a bound, nothing is given up.
        cursor.read([], isComplete: true, oldest: 1_000)
        #expect(cursor.gaps.count == 2)
        cursor.bound(by: 100)
        cursor.read([], isComplete: true, oldest: 99)
        #expect(cursor.gaps.count == 2)
        cursor.read([13], isComplete: true, oldest: 99)
        #expect(cursor.gaps.map(\.positions) == [11...11, 14...14])
        // A poll that has come no further than its limit proves nothing about what lies beyond.
        cursor.read([11], isComplete: false, oldest: 100)
        #expect(cursor.gaps.map(\.positions) == [14...14])
        cursor.read([], isComplete: true, oldest: 100)
        #expect(cursor.gaps.isEmpty && cursor.position == 15)
    }
}
