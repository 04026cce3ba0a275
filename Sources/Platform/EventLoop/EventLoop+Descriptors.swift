import CSystem
import Glibc

extension EventLoop {
    /// Watches a descriptor and keeps its handler alive until ``deregister(_:)``. On the loop.
    /// - Throws: ``SystemError`` from epoll_ctl(2), such as ENOSPC or EEXIST.
    package func register(
        _ descriptor: Int32, for interest: Readiness, handler: any DescriptorHandler
    ) throws(SystemError) -> Registration {
        assertInLoop()
        let slot = freeSlots.popLast() ?? UInt32(truncatingIfNeeded: slots.count)
        if Int(slot) == slots.count { slots.append(DescriptorSlot(generation: 0, handler: nil, interest: [])) }
        let registration = Registration(
            descriptor: descriptor, slot: slot, generation: slots[Int(slot)].generation)
        guard csystem_epoll_control(epoll, EPOLL_CTL_ADD, descriptor, interest.rawValue, registration.token) == 0 else {
            freeSlots.append(slot)
            throw SystemError("epoll_ctl")
        }
        slots[Int(slot)].handler = handler
        slots[Int(slot)].interest = interest
        return registration
    }

    /// Changes what is watched; without effect on a registration that has ended. On the loop.
    package func update(_ registration: Registration, to interest: Readiness) {
        assertInLoop()
        guard isCurrent(registration), slots[Int(registration.slot)].interest != interest else { return }
        slots[Int(registration.slot)].interest = interest
        _ = csystem_epoll_control(
            epoll, EPOLL_CTL_MOD, registration.descriptor, interest.rawValue, registration.token)
    }

    /// Ends watching; call it before the descriptor is closed. On the loop.
    package func deregister(_ registration: Registration) {
        assertInLoop()
        guard isCurrent(registration) else { return }
        _ = csystem_epoll_control(epoll, EPOLL_CTL_DEL, registration.descriptor, 0, 0)
        slots[Int(registration.slot)].handler = nil
        // Below 2^31, so that no token meets those of the loop's own descriptors.
        slots[Int(registration.slot)].generation = (slots[Int(registration.slot)].generation &+ 1) & 0x7fff_ffff
        freeSlots.append(registration.slot)
    }

    func deliver(_ readiness: Readiness, token: UInt64) {
        let slot = Int(token & 0xffff_ffff)
        guard slot < slots.count, UInt64(slots[slot].generation) == token >> 32 else { return }
        slots[slot].handler?.descriptorReady(readiness)
    }

    private func isCurrent(_ registration: Registration) -> Bool {
        let slot = Int(registration.slot)
        return slot < slots.count && slots[slot].generation == registration.generation && slots[slot].handler != nil
    }
}
