import CSystem

/// The owner of a descriptor that a loop watches.
package protocol DescriptorHandler: AnyObject {
    /// Called on the loop. Level-triggered: called again on every turn for as long as the condition lasts.
    func descriptorReady(_ readiness: Readiness)
}

/// What a descriptor is ready for, or which events its owner wants (epoll_ctl(2)).
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Bytes, a connection, or the end of the stream can be read.
    package static let read = Readiness(rawValue: EPOLLIN.rawValue)
    /// Bytes can be written.
    package static let write = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The peer closed its writing half; the rest can still be read.
    package static let peerClosed = Readiness(rawValue: EPOLLRDHUP.rawValue)
    /// The connection is gone in both directions. Always reported.
    package static let hangup = Readiness(rawValue: EPOLLHUP.rawValue)
    /// The descriptor has an error. Always reported.
    package static let failure = Readiness(rawValue: EPOLLERR.rawValue)
}

/// A watched descriptor. Valid only on the loop that returned it.
package struct Registration: Equatable, Sendable {
    let descriptor: Int32
    fileprivate let slot: UInt32
    fileprivate let generation: UInt32

    /// The number that epoll returns with each event of the descriptor. An event that was already fetched when the slot changed
    /// hands has the old generation, and is dropped.
    var token: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}

/// The handlers of a loop's descriptors, found by the token of an event.
struct DescriptorTable {
    private struct Slot {
        var generation: UInt32
        var handler: (any DescriptorHandler)?
        var interest: Readiness
    }

    private var slots: [Slot] = []
    private var free: [UInt32] = []

    /// Gives a descriptor a slot, which keeps its handler alive.
    mutating func add(_ descriptor: Int32, for interest: Readiness, handler: any DescriptorHandler) -> Registration {
        let slot = free.popLast() ?? UInt32(truncatingIfNeeded: slots.count)
        if Int(slot) == slots.count { slots.append(Slot(generation: 0, handler: nil, interest: [])) }
        slots[Int(slot)].handler = handler
        slots[Int(slot)].interest = interest
        return Registration(descriptor: descriptor, slot: slot, generation: slots[Int(slot)].generation)
    }

    /// Records the events that the owner wants. False where nothing changes, or the registration has ended.
    mutating func update(_ registration: Registration, to interest: Readiness) -> Bool {
        guard isCurrent(registration), slots[Int(registration.slot)].interest != interest else { return false }
        slots[Int(registration.slot)].interest = interest
        return true
    }

    /// Frees the slot. False where the registration has ended before.
    mutating func remove(_ registration: Registration) -> Bool {
        guard isCurrent(registration) else { return false }
        slots[Int(registration.slot)].handler = nil
        // Below 2^31: no token equals those of the loop's own descriptors.
        slots[Int(registration.slot)].generation = (slots[Int(registration.slot)].generation &+ 1) & 0x7fff_ffff
        free.append(registration.slot)
        return true
    }

    /// The handler that an event belongs to. Nil where its registration has ended.
    func handler(for token: UInt64) -> (any DescriptorHandler)? {
        let slot = Int(token & 0xffff_ffff)
        guard slot < slots.count, UInt64(slots[slot].generation) == token >> 32 else { return nil }
        return slots[slot].handler
    }

    private func isCurrent(_ registration: Registration) -> Bool {
        let slot = Int(registration.slot)
        return slot < slots.count && slots[slot].generation == registration.generation && slots[slot].handler != nil
    }
}
