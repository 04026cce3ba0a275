import CSystem
import CoreMetrics
import EventLoop
import HTTPServer
import HTTPTypes
import Logging

/// Holds each client to so many requests, with 429 for the rest, and tells it where it stands in RateLimit-Policy and RateLimit
/// (draft-ietf-httpapi-ratelimit-headers-10).
///
/// - Reads are decided here, out of the loop's own bucket, since a cached answer costs less than asking anybody. What was taken is
///   reported now and then, a twentieth of the quota at a time, and the answer tells what other loops and tasks have given: so all
///   of them together give at most that much more than the quota for each.
///   A read that costs more counts as several (``RouteOptions/cost``).
/// - Writes are few and wait for the database anyway: each is taken from the bucket that all share. One whose bucket is known to be
///   empty is refused here.
/// - Where the shared buckets do not answer, the loop's own decide.
///
/// A route may have limits of its own (``RouteLimit``), beside that on all writes; each of its requests is taken from all of them.
///
/// Stands behind whatever finds out who asks, so that accounts count by themselves. Confined to its loop.
package final class RateLimitMiddleware: Middleware {
    private final class Limited {
        var ledger: RateLedger
        let isAskedFirst: Bool
        let refused: Counter

        init(_ policy: RatePolicy, clients: Int, isAskedFirst: Bool, factory: any MetricsFactory) {
            ledger = RateLedger(policy, clients: clients)
            self.isAskedFirst = isAskedFirst
            refused = Counter(
                label: "http_server_rate_limited_total", dimensions: [("policy", policy.name)], factory: factory)
        }
    }

    private let loop: EventLoop
    private let shared: (any SharedRates)?
    private let reads: Limited
    private let writes: Limited
    /// By method and route, for those that have limits of their own.
    private let routes: [(limit: RouteLimit, limited: [Limited])]
    private var isWarned = false

    /// - Parameters:
    ///   - shared: nil: every loop counts for itself
    ///   - routes: routes with limits of their own, beside the one on writes
    ///   - clients: how many are remembered for each policy
    package init(
        loop: EventLoop, reads: RatePolicy, writes: RatePolicy, routes: [RouteLimit] = [], clients: Int,
        shared: (any SharedRates)?, metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.loop = loop
        self.shared = shared
        self.routes = routes.map { limit in
            (limit, limit.policies.map { Limited($0, clients: clients, isAskedFirst: true, factory: metrics) })
        }
        self.reads = Limited(reads, clients: clients, isAskedFirst: false, factory: metrics)
        self.writes = Limited(writes, clients: clients, isAskedFirst: true, factory: metrics)
    }

    /// Known without asking where the client's bucket is empty; nothing is taken from it.
    package func refusal(of context: RequestContext) -> Problem? {
        guard context.loadClass != .alwaysServed else { return nil }
        let limited = limited(context)
        let route = limited === writes ? routes.first { $0.limit.holds(for: context.request.method, context.route) } : nil
        for limited in [limited] + (route?.limited ?? []) {
            let decision = limited.ledger.look(context.client, at: loop.now)
            guard decision.isAllowed else {
                return Problem.tooManyRequests(retryAfter: RateLimitFields.seconds(decision.wait))
            }
        }
        return nil
    }

    private func limited(_ context: RequestContext) -> Limited {
        let method = context.request.method
        return method == .get || method == .head || method == .options ? reads : writes
    }

    package func before(_ context: RequestContext) throws -> MiddlewareResult {
        guard context.loadClass != .alwaysServed else { return .next }
        let limited = limited(context)
        let client = context.client
        let route = limited === writes ? routes.first { $0.limit.holds(for: context.request.method, context.route) } : nil
        if limited.isAskedFirst, let shared {
            return .suspend { [self] in
                var tightest = Standing(decision: await ask(shared, limited, client), limited: limited)
                for limited in route?.limited ?? [] where tightest.decision.isAllowed {
                    tightest = tightest.tighter(Standing(decision: await ask(shared, limited, client), limited: limited))
                }
                try hold(context, to: tightest, route?.limit)
                return nil
            }
        }
        var tightest = Standing(decision: take(limited, client, cost: context.cost), limited: limited)
        for limited in route?.limited ?? [] where tightest.decision.isAllowed {
            tightest = tightest.tighter(Standing(decision: take(limited, client, cost: 1), limited: limited))
        }
        try hold(context, to: tightest, route?.limit)
        return .next
    }

    /// Where a client stands with one of the limits that a request counts for.
    private struct Standing {
        let decision: RateBucket.Decision
        let limited: Limited

        /// The one that is spent, or of which less remains.
        func tighter(_ other: Standing) -> Standing {
            !other.decision.isAllowed || other.decision.remaining < decision.remaining ? other : self
        }
    }

    /// The client is told of one limit: the tightest.
    private func hold(_ context: RequestContext, to standing: Standing, _ route: RouteLimit?) throws {
        let (decision, limited) = (standing.decision, standing.limited)
        context.rateLimit = RateLimitStanding(decision: decision, policy: limited.ledger.policy)
        guard decision.isAllowed else {
            limited.refused.increment()
            warn(of: context)
            let wait = RateLimitFields.seconds(decision.wait)
            guard let route, limited !== writes else { throw Problem.tooManyRequests(retryAfter: wait) }
            throw Problem(route.refusal, route.detail(limited.ledger.policy)).retrying(after: wait)
        }
    }

    /// Once: whoever looks like the network within is a proxy, mostly, which stands for all of its clients.
    private func warn(of context: RequestContext) {
        guard !isWarned, let address = IPAddress(context.clientAddress), Self.inner.contains(where: { $0.contains(address) })
        else { return }
        isWarned = true
        context.logger.warning(
            "an inner address is rate limited: if it is a proxy's, TRUSTED_PROXIES has to name it",
            metadata: ["client": "\(address)"])
    }

    /// Addresses that nobody has on the internet (RFC 1918, RFC 4193).
    private static let inner = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"].compactMap { AddressBlock($0) }

    private func take(_ limited: Limited, _ client: String, cost: Int) -> RateBucket.Decision {
        let (decision, count) = limited.ledger.take(client, at: loop.now, cost: cost)
        if count > 0, !limited.isAskedFirst, let shared {
            loop.run { [loop] in
                guard let level = try? await shared.report(count, limited.ledger.policy, of: client) else { return }
                _ = limited.ledger.learn(level, of: client, isAllowed: true, at: loop.now)
            }
        }
        return decision
    }

    private func ask(_ shared: any SharedRates, _ limited: Limited, _ client: String) async -> RateBucket.Decision {
        let known = limited.ledger.look(client, at: loop.now)
        guard known.isAllowed else { return known }
        do {
            let (isAllowed, level) = try await shared.take(limited.ledger.policy, of: client)
            // Also out of the loop's own bucket: one that is shared and forgets, or is made to, gives no client more than
            // each loop would by itself.
            if isAllowed { _ = limited.ledger.take(client, at: loop.now) }
            return limited.ledger.learn(level, of: client, isAllowed: isAllowed, at: loop.now)
        } catch {
            return limited.ledger.take(client, at: loop.now).decision
        }
    }
}
