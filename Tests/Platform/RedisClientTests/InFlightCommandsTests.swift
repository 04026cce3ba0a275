import Testing

@testable import RedisClient

@Suite struct InFlightCommandsTests {
    @Test func repliesReachTheCommandsInTheirOrder() {
        var flight = InFlightCommands<Int>()
        for number in 0..<5 {
            let answered = flight.attach(number, to: flight.append(deadline: 10, late: 10))
            #expect(answered == nil)
        }
        for number in 0..<5 {
            let answered = flight.answer() == .some(.some(number))
            #expect(answered)
        }
        let none = flight.answer()
        #expect(none == nil)
    }

    @Test func anAbandonedCommandKeepsItsPlace() {
        var flight = InFlightCommands<String>()
        let first = flight.append(deadline: 10, late: 10)
        _ = flight.attach("a", to: first)
        _ = flight.attach("b", to: flight.append(deadline: 10, late: 10))
        let abandoned = flight.abandon(first)
        #expect(abandoned == "a")
        let abandonedAgain = flight.abandon(first)
        #expect(abandonedAgain == nil)
        #expect(flight.waiting == 1)
        let isEmpty = flight.answer() == .some(nil)
        #expect(isEmpty)
        let second = flight.answer() == .some(.some("b"))
        #expect(second)
    }

    @Test func aWaiterThatComesTooLateIsReturned() {
        var flight = InFlightCommands<String>()
        let first = flight.append(deadline: 10, late: 10)
        let isEmpty = flight.removeAll().isEmpty
        #expect(isEmpty)
        let late = flight.attach("a", to: first)
        #expect(late == "a")
        let gone = flight.abandon(first)
        #expect(gone == nil)
        let unknown = flight.attach("b", to: first &+ 1)
        #expect(unknown == "b")
        let absurd = flight.attach("c", to: .max)
        #expect(absurd == "c")
    }

    @Test func aShortDeadlineDoesNotCountAsLate() {
        var flight = InFlightCommands<String>()
        _ = flight.attach("a", to: flight.append(deadline: 5, late: 50))
        var expiry = flight.expire(at: 4)
        #expect(expiry.waiters.isEmpty && !expiry.late && expiry.next == 5)
        expiry = flight.expire(at: 5)
        #expect(expiry.waiters == ["a"] && !expiry.late && expiry.next == 50)
        expiry = flight.expire(at: 50)
        #expect(expiry.waiters.isEmpty && expiry.late && expiry.next == nil)
        let lateAgain = flight.expire(at: 51).late
        #expect(!lateAgain)
        #expect(flight.count == 1)
    }

    /// Against a plain array, over random histories.
    @Test func everyHistoryEqualsThatOfAnArray() {
        struct Model {
            var id: UInt64
            var deadline: UInt64
            var late: UInt64
            var waiter: Int?
            var counted = false
        }
        for seed in 0..<2_000 {
            var chance = SeededRandom(state: UInt64(seed))
            var flight = InFlightCommands<Int>()
            var model: [Model] = []
            var now: UInt64 = 0
            for step in 0..<60 {
                now += .random(in: 0...5, using: &chance)
                switch Int.random(in: 0..<10, using: &chance) {
                case 0...3:
                    let late = now + 20
                    let deadline = min(late, now + .random(in: 1...40, using: &chance))
                    let id = flight.append(deadline: deadline, late: late)
                    let refused = flight.attach(step, to: id)
                    #expect(refused == nil)
                    model.append(Model(id: id, deadline: deadline, late: late, waiter: step))
                case 4...5:
                    let expected: Int?? = model.isEmpty ? nil : .some(model.removeFirst().waiter)
                    let answered = flight.answer()
                    #expect(answered == expected)
                case 6:
                    guard let index = model.indices.randomElement(using: &chance) else { break }
                    let abandoned = flight.abandon(model[index].id)
                    #expect(abandoned == model[index].waiter)
                    model[index].waiter = nil
                case 7...8:
                    let expiry = flight.expire(at: now)
                    var waiters: [Int] = []
                    var late = false
                    for index in model.indices {
                        if let waiter = model[index].waiter, model[index].deadline <= now {
                            waiters.append(waiter)
                            model[index].waiter = nil
                        }
                        if model[index].late <= now, !model[index].counted {
                            late = true
                            model[index].counted = true
                        }
                    }
                    let next = model.flatMap { one in
                        (one.waiter == nil ? [] : [one.deadline]) + (one.counted ? [] : [one.late])
                    }.min()
                    #expect(expiry.waiters == waiters)
                    #expect(expiry.late == late)
                    #expect(expiry.next == next)
                default:
                    guard step % 7 == 0 else { break }
                    let same = flight.removeAll() == model.compactMap(\.waiter)
                    #expect(same)
                    model = []
                }
                #expect(flight.count == model.count)
                #expect(flight.waiting == model.count { $0.waiter != nil })
            }
        }
    }
}
