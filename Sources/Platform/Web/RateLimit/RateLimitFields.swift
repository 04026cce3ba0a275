import Formats
import HTTPServer
import HTTPTypes

/// Where a client stands with one of its limits.
struct RateLimitStanding {
    let decision: RateBucket.Decision
    let policy: RatePolicy
}

/// The fields that tell a client where it stands (draft-ietf-httpapi-ratelimit-headers-10 §3 and §4): structured lists with the
/// policy's name, its quota and window in seconds, what remains of it, and in how many seconds all of it is there again.
enum RateLimitFields {
    static func append(_ standing: RateLimitStanding, to headers: inout HeaderBlock) {
        let (decision, policy) = (standing.decision, standing.policy)
        headers.append(.rateLimitPolicy, policy.text)
        var value: [UInt8] = []
        value.reserveCapacity(48)
        value.append(UInt8(ascii: "\""))
        value.append(contentsOf: policy.name.utf8)
        value.append(contentsOf: "\";r=".utf8)
        value.append(decimal: UInt64(clamping: decision.remaining))
        value.append(contentsOf: ";t=".utf8)
        value.append(decimal: UInt64(clamping: seconds(decision.reset)))
        headers.append(.rateLimit, value)
    }

    /// Whole seconds, rounded up.
    static func seconds(_ nanoseconds: UInt64) -> Int {
        Int(clamping: nanoseconds / 1_000_000_000 + (nanoseconds % 1_000_000_000 == 0 ? 0 : 1))
    }
}
