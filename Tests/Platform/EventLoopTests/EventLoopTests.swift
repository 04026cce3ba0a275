import CSystem
import EventLoop
import Glibc
import Synchronization
import Testing

/// Runs `body` as a task on a new loop and hands back what it returns.
func onLoop<Value: Sendable>(_ body: @escaping @Sendable (EventLoop) async throws -> Value) async throws -> Value {
    let loop = try EventLoop(label: "test.loop")
    defer { loop.stop() }
    return try await withCheckedThrowingContinuation { continuation in
        loop.execute {
            loop.run {
                do { continuation.resume(returning: try await body(loop)) } catch { continuation.resume(throwing: error) }
            }
        }
    }
}

/// Records entries in their order.
final class Journal: Sendable {
    private let entries = Mutex<[Int]>([])
    func add(_ entry: Int) { entries.withLock { $0.append(entry) } }
    var all: [Int] { entries.withLock { $0 } }
}

@Suite struct EventLoopTests {
    @Test func aTaskStaysOnItsLoopOverSuspensions() async throws {
        try await onLoop { loop in
            #expect(loop.inLoop)
            for _ in 0..<10 {
                try await loop.sleep(for: .milliseconds(1))
                #expect(loop.inLoop)
                await Task.yield()
                #expect(loop.inLoop)
            }
        }
    }

    @Test func workFromManyThreadsRunsOnceInTheOrderOfEachThread() async throws {
        let loop = try EventLoop(label: "test.loop")
        defer { loop.stop() }
        let journals = (0..<8).map { _ in Journal() }
        await withTaskGroup(of: Void.self) { group in
            for journal in journals {
                group.addTask { for number in 0..<2_000 { loop.execute { journal.add(number) } } }
            }
        }
        await withCheckedContinuation { done in loop.execute { done.resume() } }
        for journal in journals { #expect(journal.all == Array(0..<2_000)) }
    }

    @Test func timersFireInTheOrderOfTheirDeadlines() async throws {
        let order = try await onLoop { loop in
            let journal = Journal()
            for delay in [30, 10, 20, 10] { loop.schedule(after: .milliseconds(delay)) { journal.add(delay) } }
            try await loop.sleep(for: .milliseconds(60))
            return journal.all
        }
        #expect(order == [10, 10, 20, 30])
    }

    @Test func aCancelledTimerNeverFires() async throws {
        let fired = try await onLoop { loop in
            let journal = Journal()
            let timers = (0..<2_000).map { number in loop.schedule(after: .milliseconds(5)) { journal.add(number) } }
            for timer in timers where timer !== timers[7] { timer.cancel() }
            try await loop.sleep(for: .milliseconds(30))
            return journal.all
        }
        #expect(fired == [7])
    }

    @Test func aTimerThatSetsItselfForThePastDoesNotBlockTheLoop() async throws {
        try await onLoop { loop in
            let journal = Journal()
            func again() {
                journal.add(0)
                if journal.all.count < 100_000, !journal.all.contains(1) { loop.schedule(at: 1) { again() } }
            }
            again()
            try await loop.sleep(for: .milliseconds(5))
            journal.add(1)
            // Had it gone on by itself, it would have run to its end first.
            #expect(journal.all.count < 100_000)
        }
    }

    @Test func aSleepEndsEarlyWhenItsTaskIsCancelled() async throws {
        let cancelled = try await onLoop { loop in
            let promise = Promise<Bool>(on: loop)
            let task = loop.run {
                do { try await loop.sleep(for: .seconds(600)); promise.succeed(false) } catch { promise.succeed(true) }
            }
            task.cancel()
            return try await promise.value()
        }
        #expect(cancelled)
    }

    @Test func aPromiseResumesAllItsWaiters() async throws {
        let seen = try await onLoop { loop in
            let promise = Promise<Int>(on: loop)
            let journal = Journal()
            for _ in 0..<50 { loop.run { if let value = try? await promise.value() { journal.add(value) } } }
            promise.succeed(42)
            promise.succeed(43)
            try await loop.sleep(for: .milliseconds(5))
            journal.add(try await promise.value())
            return journal.all
        }
        #expect(seen == Array(repeating: 42, count: 51))
    }

    @Test func waitingForAPromiseEndsAtTheDeadlineAndThePromiseGoesOn() async throws {
        let seen = try await onLoop { loop in
            let promise = Promise<Int>(on: loop)
            let journal = Journal()
            loop.run { if let value = try? await promise.value() { journal.add(value) } }
            do { journal.add(try await promise.value(by: .after(.milliseconds(5)))) } catch is DeadlineExceededError {
                journal.add(-1)
            }
            promise.succeed(7)
            journal.add(try await promise.value(by: .after(.milliseconds(5))))
            try await loop.sleep(for: .milliseconds(5))
            return journal.all.sorted()
        }
        #expect(seen == [-1, 7, 7])
    }

    @Test func workForTheEndOfATurnRunsOnceAtItsEnd() async throws {
        let seen = try await onLoop { loop in
            let journal = Journal()
            loop.atTurnEnd { journal.add(2) }
            journal.add(1)
            try await loop.sleep(for: .milliseconds(2))
            journal.add(3)
            return journal.all
        }
        #expect(seen == [1, 2, 3])
    }

    @Test func aDescriptorIsReportedUntilItIsReadAndNeverAfterItsRegistrationEnds() async throws {
        final class Pipe: DescriptorHandler {
            let descriptor: Int32
            var reports = 0
            init(_ descriptor: Int32) { self.descriptor = descriptor }
            func descriptorReady(_ readiness: Readiness) {
                reports += 1
                var byte: UInt8 = 0
                if reports == 3 { _ = read(descriptor, &byte, 1) }
            }
        }
        let reports = try await onLoop { loop in
            var ends: [Int32] = [0, 0]
            #expect(pipe(&ends) == 0)
            defer { for end in ends { close(end) } }
            let handler = Pipe(ends[0])
            let registration = try loop.register(ends[0], for: .read, handler: handler)
            var byte: UInt8 = 1
            _ = write(ends[1], &byte, 1)
            try await loop.sleep(for: .milliseconds(20))
            let first = handler.reports
            loop.deregister(registration)
            _ = write(ends[1], &byte, 1)
            try await loop.sleep(for: .milliseconds(20))
            return (first, handler.reports)
        }
        #expect(reports == (3, 3))
    }

    @Test func anIdleLoopTakesFewTurnsAndStillWakes() async throws {
        try await onLoop { loop in
            let before = loop.turns
            try await loop.sleep(for: .milliseconds(300))
            #expect(loop.turns - before < 40)
        }
    }

    @Test func aDeadlineReachesTheFunctionsThatTheTaskCalls() async throws {
        try await onLoop { loop in
            await Deadline.$current.withValue(.after(.seconds(5))) {
                await Task.yield()
                #expect(Deadline.current != nil)
                #expect(Deadline.current?.remaining(at: csystem_monotonic()) ?? .zero > .seconds(1))
            }
            #expect(Deadline.current == nil)
        }
    }

    /// A loop that stops closes its descriptors. Their numbers may soon belong to other files, and must not be written to.
    @Test func aStoppedLoopIsNotWoken() async throws {
        final class Flag: Sendable { let isSet = Atomic(false) }
        for _ in 0..<60 {
            let loop = try EventLoop(label: "test.stopping")
            let stopped = Flag()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        while !stopped.isSet.load(ordering: .relaxed) {
                            for _ in 0..<50 { loop.execute {} }
                            await Task.yield()
                        }
                    }
                }
                group.addTask {
                    await Task.yield()
                    loop.stop()
                    // They take the numbers of those that are closed now, and would show what is written to them.
                    var pairs: [(Int32, Int32)] = []
                    for _ in 0..<64 {
                        var ends: [Int32] = [0, 0]
                        guard pipe(&ends) == 0 else { break }
                        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
                        pairs.append((ends[0], ends[1]))
                    }
                    stopped.isSet.store(true, ordering: .relaxed)
                    for (input, output) in pairs {
                        var byte: UInt8 = 0
                        #expect(read(input, &byte, 1) == -1)
                        close(input)
                        close(output)
                    }
                }
            }
        }
    }

    @Test func aStoppedLoopReleasesItsTimersAndIsReleased() async throws {
        final class Held: Sendable {}
        weak var loop: EventLoop?
        weak var waiting: Held?
        do {
            let running = try EventLoop(label: "test.stopped"), held = Held()
            (loop, waiting) = (running, held)
            await withCheckedContinuation { done in
                running.execute {
                    running.schedule(after: .seconds(3_600)) { withExtendedLifetime((running, held)) {} }
                    done.resume()
                }
            }
            running.stop()
        }
        for _ in 0..<1_000 where loop != nil || waiting != nil { try await Task.sleep(for: .milliseconds(10)) }
        #expect(loop == nil && waiting == nil)
    }
}
