import Formats
import HTTPServer
import HTTPTypes

/// How many requests a client may send in a time: a token bucket of ``quota`` requests that fills up in ``window``.
///
/// A burst of the full quota is allowed, then requests at the rate at which the bucket fills.
package struct RatePolicy: Sendable, Equatable {
    /// The name in headers and metrics; lower-case letters and underscores only.
    package let name: String
    package let quota: Int
    /// In seconds.
    package let window: Int
    /// The size of a full bucket, in nanoseconds.
    let capacity: UInt64
    /// The size of one request, in nanoseconds.
    let interval: UInt64
    /// The size of a request that counts as several, in nanoseconds.
    func amount(of cost: Int) -> UInt64 { interval * UInt64(min(max(1, cost), quota)) }

    /// The value of the RateLimit-Policy header.
    let text: String

    /// - Parameters:
    ///   - quota: at least 1
    ///   - window: in seconds, from 1 to a day
    package init(_ name: String, quota: Int, window: Int = 60) {
        self.name = name
        self.quota = max(1, quota)
        self.window = min(max(1, window), 86_400)
        capacity = UInt64(self.window) * 1_000_000_000
        interval = max(1, capacity / UInt64(self.quota))
        text = "\"\(name)\";q=\(self.quota);w=\(self.window)"
    }
}

/// The limits of one route besides the limit for all writes.
package struct RouteLimit: Sendable {
    let method: HTTPRequest.Method
    /// The template of the route.
    let route: String
    /// Each has a name of its own.
    let policies: [RatePolicy]
    /// The problem beyond the limits (429).
    package let refusal: ProblemKind
    /// The detail for an exhausted policy.
    let detail: @Sendable (RatePolicy) -> String

    package init(
        _ method: HTTPRequest.Method, _ route: String, policies: [RatePolicy], refusal: ProblemKind,
        detail: @escaping @Sendable (RatePolicy) -> String
    ) {
        self.method = method
        self.route = route
        self.policies = policies
        self.refusal = refusal
        self.detail = detail
    }

    func holds(for method: HTTPRequest.Method, _ route: String?) -> Bool { method == self.method && route == self.route }
}

/// The state of one of a client's limits.
struct RateLimitStatus {
    let decision: RateBucket.Decision
    let policy: RatePolicy
}

/// The headers about a client's rate limit (draft-ietf-httpapi-ratelimit-headers-10 §3 and §4): structured lists with the policy's
/// name, its quota and window in seconds, the rest, and the seconds until the full quota is available.
enum RateLimitFields {
    static func append(_ standing: RateLimitStatus, to headers: inout HeaderBlock) {
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
