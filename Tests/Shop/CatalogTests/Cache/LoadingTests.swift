import EventLoop
import Testing

@testable import Catalog
@testable import Web

/// What the callers on one loop share: loads of one key, and statements of one turn.
@Suite("Loading") struct LoadingTests {
    struct Failure: Error {}

    /// Runs callers on a loop, all in one turn, and gives their outcomes; nil stands for an error.
    private static func outcomes<Value: Sendable>(
        _ count: Int, _ make: @escaping @Sendable (EventLoop) -> (@Sendable (Int) async throws -> Value)
    ) async throws -> [Value?] {
        let loop = try EventLoop(label: "test.loading")
        defer { loop.stop() }
        return await withCheckedContinuation { done in
            loop.execute {
                let call = make(loop)
                nonisolated(unsafe) var outcomes = [Value?](repeating: nil, count: count)
                nonisolated(unsafe) var left = count
                for index in 0..<count {
                    loop.run {
                        outcomes[index] = try? await call(index)
                        left -= 1
                        if left == 0 { done.resume(returning: outcomes) }
                    }
                }
            }
        }
    }

    /// Counts on one loop.
    // Unchecked: used on one loop only.
    private final class Log: @unchecked Sendable {
        var loads: [String] = []
        var statements: [[Int]] = []
    }

    @Test("callers of one key share a load, callers of another key do not") func oneLoad() async throws {
        let log = Log()
        let outcomes = try await Self.outcomes(9) { loop in
            nonisolated(unsafe) let flights = SingleFlight<Int>(loop: loop)
            return { index in
                let key = "\(index % 2)"
                return try await flights.value(key) {
                    log.loads.append(key)
                    try await loop.sleep(for: .milliseconds(2))
                    return index
                }
            }
        }
        #expect(outcomes == [0, 1, 0, 1, 0, 1, 0, 1, 0])
        #expect(log.loads == ["0", "1"])
    }

    @Test("a failure goes to all that wait for the load, and the next caller loads again") func failure() async throws {
        let log = Log()
        let outcomes = try await Self.outcomes(4) { loop in
            nonisolated(unsafe) let flights = SingleFlight<Int>(loop: loop)
            return { index in
                // The last one comes when the first load has failed.
                if index == 3 { try await loop.sleep(for: .milliseconds(50)) }
                return try await flights.value("k") {
                    log.loads.append("k")
                    try await loop.sleep(for: .milliseconds(2))
                    if index < 3 { throw Failure() }
                    return index
                }
            }
        }
        #expect(outcomes == [nil, nil, nil, 3])
        #expect(log.loads.count == 2)
    }

    @Test("a refusal by the admission gate is the first caller's only, unless several are refused", arguments: [1, 3, 4, 9])
    func refusals(refused: Int) async throws {
        let log = Log()
        let outcomes = try await Self.outcomes(9) { loop in
            nonisolated(unsafe) let flights = SingleFlight<Int>(loop: loop)
            return { index in
                try await flights.value("k") {
                    log.loads.append("k")
                    try await loop.sleep(for: .milliseconds(1))
                    if index < refused { throw OverloadError(reason: .queueFull) }
                    return index
                }
            }
        }
        if refused < 4 {
            let expected = (0..<9).map { (index: Int) -> Int? in index < refused ? nil : refused }
            #expect(outcomes == expected)
            #expect(log.loads.count == refused + 1)
        } else {
            // The fourth refusal ends the wait of all.
            #expect(outcomes.allSatisfy { $0 == nil } && log.loads.count == 4)
        }
    }

    @Test("the keys of a turn go into one statement, and each caller finds its own in the answer") func oneStatement()
        async throws
    {
        let log = Log()
        let outcomes = try await Self.outcomes(6) { loop in
            nonisolated(unsafe) let batcher = QueryBatcher<Int, [Int: Int]>(loop: loop, maximum: 100, timeout: .seconds(5)) {
                keys in
                log.statements.append(keys)
                return Dictionary(uniqueKeysWithValues: keys.map { ($0, $0 * 10) })
            }
            return { index in
                let keys = Array(index..<(index + index))
                let answer = try await batcher.answer(for: keys)
                return keys.map { answer[$0] }
            }
        }
        let expected = (0..<6).map { (index: Int) -> [Int?]? in (index..<(index + index)).map { $0 * 10 } }
        #expect(outcomes == expected)
        #expect(log.statements.count == 1)
    }

    @Test("a key that several callers look up is in the statement once, and counts once") func distinctKeys() async throws {
        let log = Log()
        let outcomes = try await Self.outcomes(6) { loop in
            nonisolated(unsafe) let batcher = QueryBatcher<Int, [Int: Int]>(loop: loop, maximum: 4, timeout: .seconds(5)) {
                keys in
                log.statements.append(keys)
                return Dictionary(uniqueKeysWithValues: keys.map { ($0, $0 * 10) })
            }
            return { index in try await batcher.answer(for: [1, 2, index / 5])[index / 5] }
        }
        #expect(outcomes == [0, 0, 0, 0, 0, 10])
        #expect(log.statements == [[1, 2, 0]])
    }

    @Test("a statement that is full is sent at once; an error goes to its callers only") func full() async throws {
        let log = Log()
        let outcomes = try await Self.outcomes(5) { loop in
            nonisolated(unsafe) let batcher = QueryBatcher<Int, [Int]>(loop: loop, maximum: 4, timeout: .seconds(5)) { keys in
                log.statements.append(keys)
                if keys.contains(0) { throw Failure() }
                return keys
            }
            return { index in try await batcher.answer(for: [index, index + 10]) }
        }
        #expect(log.statements == [[0, 10, 1, 11], [2, 12, 3, 13], [4, 14]])
        #expect(outcomes == [nil, nil, [2, 12, 3, 13], [2, 12, 3, 13], [4, 14]])
    }
}
