import Testing

/// What the shop does while what it stands on fails: real servers killed, frozen and restarted under load.
///
/// One after the other, since each of them takes a machine's attention.
@Suite("Faults", .serialized)
enum Faults {}
