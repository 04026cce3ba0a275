/// When a worker looks for claims that it does not know of.
///
/// If the answer to a claim is lost, the deliveries may be claimed in the name of a worker that does not attempt them, and stay so
/// for as long as it lives. The claim may even be executed later: its packets were on their way, or it waits for a lock. So the
/// worker looks at once, and again after pauses that double: the last look is nine minutes after the loss. No statement waits for so
/// long in a server, and no packet in a network (RFC 9293 §3.4.1 assumes two minutes).
struct ClaimDoubt: Equatable {
    static let firstPause: UInt64 = 1_000_000_000
    static let longestPause: UInt64 = 256_000_000_000

    /// When the next look is due, in nanoseconds of the monotonic clock; nil without a doubt.
    private(set) var next: UInt64?
    private var pause = Self.firstPause

    /// The answer to a claim was lost.
    mutating func began(at now: UInt64) {
        next = now
        pause = Self.firstPause
    }

    /// Whether the claim that begins now should look.
    func looks(at now: UInt64) -> Bool { next.map { now >= $0 } ?? false }

    /// A look was made.
    mutating func looked(at now: UInt64) {
        guard pause <= Self.longestPause else { return next = nil }
        next = now &+ pause
        pause *= 2
    }
}
