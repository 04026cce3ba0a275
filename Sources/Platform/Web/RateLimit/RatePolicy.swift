import Formats
import HTTPServer
import HTTPTypes

/// How many requests a client may make in how long: a token bucket that holds ``quota`` and fills up in ``window``.
///
/// So a burst of the whole quota is well, and then as much as flows in.
package struct RatePolicy: Sendable, Equatable {
    /// As it stands in answers and metrics; small letters and underscores only.
    package let name: String
    package let quota: Int
    /// In seconds.
    package let window: Int
    /// In nanoseconds, what a full bucket holds.
    let capacity: UInt64
    /// In nanoseconds, what one request takes.
    let interval: UInt64
    /// In nanoseconds, what a request takes that counts as so many.
    func amount(of cost: Int) -> UInt64 { interval * UInt64(min(max(1, cost), quota)) }

    /// The RateLimit-Policy field's value.
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

/// What one route's requests are held to beside the limit on all writes, such as the placing of orders.
package struct RouteLimit: Sendable {
    let method: HTTPRequest.Method
    /// The route's template.
    let route: String
    /// Each with a name of its own.
    let policies: [RatePolicy]
    /// What a request beyond them is refused with (429).
    let refusal: ProblemKind
    /// What is said of the policy that was spent.
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
