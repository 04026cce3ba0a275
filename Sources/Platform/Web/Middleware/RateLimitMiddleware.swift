import CoreMetrics
import CSystem
import EventLoop
import HTTPServer
import HTTPTypes
import Logging

/// Limits the requests of each client, with 429 beyond the limit. RateLimit-Policy and RateLimit show the limit and the rest of it
/// (draft-ietf-httpapi-ratelimit-headers-10).
///
/// - Reads use the loop's own buckets, as a cached response costs less than a round trip to shared ones. The loop reports its reads
///   now and then, a twentieth of the quota at a time, and learns what other loops and tasks have allowed. Each of these may therefore
///   exceed the quota by at most a twentieth. An expensive read counts as several (``RouteOptions/cost``).
/// - Writes are few and wait for the database anyway, so each one uses the shared bucket. A write whose bucket is known to be empty is
///   refused here.
/// - Without a response from the shared buckets, the loop's own decide.
///
/// A route may have limits of its own (``RouteLimit``) besides the one for all writes; each of its requests counts for all of them.
///
/// Comes after the middleware that authenticates clients, so that each account has its own buckets. Confined to its loop.
package final class RateLimitMiddleware: Middleware {
    /// One policy, with the loop's buckets.
    private final class Limiter {
        var ledger: RateLedger
        /// Whether the shared buckets decide.
        let isShared: Bool
        let refused: Counter

        init(_ policy: RatePolicy, clients: Int, isShared: Bool, factory: any MetricsFactory) {
            ledger = RateLedger(policy, clients: clients)
            self.isShared = isShared
            refused = Counter(
                label: "http_server_rate_limited_total", dimensions: [("policy", policy.name)], factory: factory)
        }
    }

    private let loop: EventLoop
    private let shared: (any SharedRates)?
    private let reads: Limiter
    private let writes: Limiter
    /// By method and route, for those that have limits of their own.
    private let routes: [(limit: RouteLimit, limiters: [Limiter])]
    private var isWarned = false

    /// - Parameters:
    ///   - routes: routes with limits of their own, besides the one for writes
    ///   - clients: how many clients each policy remembers
    ///   - shared: the buckets that all tasks share; nil where each loop counts by itself
    package init(
        loop: EventLoop, reads: RatePolicy, writes: RatePolicy, routes: [RouteLimit] = [], clients: Int,
        shared: (any SharedRates)?, metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.loop = loop
        self.shared = shared
        self.routes = routes.map { limit in
            (limit, limit.policies.map { Limiter($0, clients: clients, isShared: true, factory: metrics) })
        }
        self.reads = Limiter(reads, clients: clients, isShared: false, factory: metrics)
        self.writes = Limiter(writes, clients: clients, isShared: true, factory: metrics)
    }

    /// Refuses a request whose bucket is known to be empty, and takes nothing from it.
    package func refusal(of context: RequestContext) -> Problem? {
        guard context.loadClass != .alwaysServed else { return nil }
        let limiter = limiter(context)
        let route = limiter === writes ? routes.first { $0.limit.holds(for: context.request.method, context.route) } : nil
        for limiter in [limiter] + (route?.limiters ?? []) {
            let decision = limiter.ledger.peek(context.client, at: loop.now)
            guard decision.isAllowed else {
                return Problem.tooManyRequests(retryAfter: RateLimitFields.seconds(decision.wait))
            }
        }
        return nil
    }

    private func limiter(_ context: RequestContext) -> Limiter {
        let method = context.request.method
        return method == .get || method == .head || method == .options ? reads : writes
    }

    package func before(_ context: RequestContext) throws -> MiddlewareResult {
        guard context.loadClass != .alwaysServed else { return .next }
        let limiter = limiter(context)
        let client = context.client
        let route = limiter === writes ? routes.first { $0.limit.holds(for: context.request.method, context.route) } : nil
        if limiter.isShared, let shared {
            return .suspend { [self] in
                var tightest = LimitState(decision: await takeShared(shared, limiter, client), limiter: limiter)
                for limiter in route?.limiters ?? [] where tightest.decision.isAllowed {
                    tightest = tightest.tighter(LimitState(decision: await takeShared(shared, limiter, client), limiter: limiter))
                }
                try enforce(tightest, context, route?.limit)
                return nil
            }
        }
        var tightest = LimitState(decision: take(limiter, client, cost: context.cost), limiter: limiter)
        for limiter in route?.limiters ?? [] where tightest.decision.isAllowed {
            tightest = tightest.tighter(LimitState(decision: take(limiter, client, cost: 1), limiter: limiter))
        }
        try enforce(tightest, context, route?.limit)
        return .next
    }

    /// The state of one of the limits that a request counts for.
    private struct LimitState {
        let decision: RateBucket.Decision
        let limiter: Limiter

        /// The limit that is exhausted, or has less left.
        func tighter(_ other: LimitState) -> LimitState {
            !other.decision.isAllowed || other.decision.remaining < decision.remaining ? other : self
        }
    }

    /// Refuses the request where its tightest limit is exhausted. The response shows that limit.
    private func enforce(_ tightest: LimitState, _ context: RequestContext, _ route: RouteLimit?) throws {
        let (decision, limiter) = (tightest.decision, tightest.limiter)
        context.rateLimit = RateLimitStatus(decision: decision, policy: limiter.ledger.policy)
        guard decision.isAllowed else {
            limiter.refused.increment()
            warn(of: context)
            let wait = RateLimitFields.seconds(decision.wait)
            guard let route, limiter !== writes else { throw Problem.tooManyRequests(retryAfter: wait) }
            throw Problem(route.refusal, route.detail(limiter.ledger.policy)).retrying(after: wait)
        }
    }

    /// Warns once: a client with a private address mostly is a proxy, which counts as one client.
    private func warn(of context: RequestContext) {
        guard !isWarned, let address = IPAddress(context.clientAddress),
            Self.privateAddresses.contains(where: { $0.contains(address) })
        else { return }
        isWarned = true
        context.logger.warning(
            "a private address is rate limited: if it is a proxy, add it to TRUSTED_PROXIES",
            metadata: ["client": "\(address)"])
    }

    /// Private addresses (RFC 1918, RFC 4193).
    private static let privateAddresses = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"].compactMap {
        AddressBlock($0)
    }

    private func take(_ limiter: Limiter, _ client: String, cost: Int) -> RateBucket.Decision {
        let (decision, count) = limiter.ledger.take(client, at: loop.now, cost: cost)
        if count > 0, !limiter.isShared, let shared {
            loop.run { [loop] in
                guard let level = try? await shared.report(count, limiter.ledger.policy, of: client) else { return }
                _ = limiter.ledger.learn(level, of: client, isAllowed: true, at: loop.now)
            }
        }
        return decision
    }

    private func takeShared(_ shared: any SharedRates, _ limiter: Limiter, _ client: String) async -> RateBucket.Decision {
        let known = limiter.ledger.peek(client, at: loop.now)
        guard known.isAllowed else { return known }
        do {
            let (isAllowed, level) = try await shared.take(limiter.ledger.policy, of: client)
            // The loop's own bucket counts too: a shared one that is lost allows a client no more than each loop does by itself.
            if isAllowed { _ = limiter.ledger.take(client, at: loop.now) }
            return limiter.ledger.learn(level, of: client, isAllowed: isAllowed, at: loop.now)
        } catch {
            return limiter.ledger.take(client, at: loop.now).decision
        }
    }
}

/// The buckets of clients that all tasks of a fleet share. Used on one loop.
package protocol SharedRates: AnyObject {
    /// Takes one request out of a client's bucket, if it has one left.
    /// - Returns: whether it had, and how far the bucket is from full afterwards, in nanoseconds.
    /// - Throws: an error where the shared buckets do not respond in time.
    func take(_ policy: RatePolicy, of client: String) async throws -> (isAllowed: Bool, level: UInt64)

    /// Takes requests that were already allowed, whether the bucket has them left or not.
    /// - Returns: how far the bucket is from full afterwards, in nanoseconds.
    func report(_ count: Int, _ policy: RatePolicy, of client: String) async throws -> UInt64
}
