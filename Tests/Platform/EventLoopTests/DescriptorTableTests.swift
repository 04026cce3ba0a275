import Testing

@testable import EventLoop

@Suite struct DescriptorTableTests {
    private final class Handler: DescriptorHandler {
        func descriptorReady(_ readiness: Readiness) {}
    }

    @Test func anEventFindsTheHandlerOfItsRegistration() {
        var table = DescriptorTable()
        let handlers = [Handler(), Handler()]
        let registrations = [table.add(7, for: .read, handler: handlers[0]), table.add(8, for: .read, handler: handlers[1])]
        for (registration, handler) in zip(registrations, handlers) {
            #expect(table.handler(for: registration.token) === handler)
        }
        #expect(table.handler(for: 99) == nil)
    }

    @Test func anEventOfAnEndedRegistrationDoesNotReachTheNextOwnerOfItsSlot() {
        var table = DescriptorTable()
        let old = table.add(7, for: .read, handler: Handler())
        let isRemoved = table.remove(old)
        #expect(isRemoved)
        let next = Handler()
        let new = table.add(7, for: .read, handler: next)
        #expect(table.handler(for: old.token) == nil)
        #expect(table.handler(for: new.token) === next)
        let isRemovedAgain = table.remove(old), isUpdated = table.update(old, to: .write)
        #expect(!isRemovedAgain && !isUpdated, "a registration ends once")
    }

    @Test func anUpdateIsNeededOnlyWhereSomethingChanges() {
        var table = DescriptorTable()
        let registration = table.add(7, for: .read, handler: Handler())
        let changes = [Readiness.read, [.read, .write], [.read, .write], .read].map { table.update(registration, to: $0) }
        #expect(changes == [false, true, false, true])
    }
}
