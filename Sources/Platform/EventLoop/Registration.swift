/// A descriptor's place on its loop; only valid on the loop that gave it.
package struct Registration: Equatable, Sendable {
    let descriptor: Int32
    let slot: UInt32
    let generation: UInt32

    /// What epoll hands back with an event. The generation keeps an event that was already
    /// fetched from reaching whoever took over the slot in the same turn.
    var token: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}
