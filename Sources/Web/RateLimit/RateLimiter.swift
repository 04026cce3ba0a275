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
/// - Writes are few and wait for the database anyway: each is taken from the bucket that all share. One whose bucket is known to be
///   empty is refused here.
/// - Where the shared buckets do not answer, the loop's own decide.
///
/// Stands behind whatever finds out who asks, so that accounts count by themselves. Confined to its loop.
package final class RateLimiter: Middleware {
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
    private var isWarned = false

    /// - Parameters:
    ///   - shared: nil: every loop counts for itself
    ///   - clients: how many are remembered for each policy
    package init(
        loop: EventLoop, reads: RatePolicy, writes: RatePolicy, clients: Int, shared: (any SharedRates)?,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.loop = loop
        self.shared = shared
        self.reads = Limited(reads, clients: clients, isAskedFirst: false, factory: metrics)
        self.writes = Limited(writes, clients: clients, isAskedFirst: true, factory: metrics)
    }

    package func before(_ context: RequestContext) throws -> Passage {
        guard !context.isVital else { return .goesOn }
        let method = context.request.method
        let limited = method == .get || method == .head || method == .options ? reads : writes
        let client = context.client
        if limited.isAskedFirst, let shared {
            return .waits { [self] in
                try hold(context, to: await ask(shared, limited, client), limited)
                return nil
            }
        }
        try hold(context, to: take(limited, client), limited)
        return .goesOn
    }

    private func hold(_ context: RequestContext, to decision: RateBucket.Decision, _ limited: Limited) throws {
        context.rateLimit = RateLimitStanding(decision: decision, policy: limited.ledger.policy)
        guard decision.isAllowed else {
            limited.refused.increment()
            warn(of: context)
            throw Problem.tooManyRequests(retryAfter: RateLimitFields.seconds(decision.wait))
        }
    }

    /// Once: whoever looks like the network within is a proxy, mostly, which stands for all of its clients.
    private func warn(of context: RequestContext) {
        guard !isWarned, let address = IPAddress(context.clientAddress), Self.inner.contains(where: { $0.contains(address) }) else { return }
        isWarned = true
        context.logger.warning(
            "an inner address is rate limited: if it is a proxy's, TRUSTED_PROXIES has to name it", metadata: ["client": "\(address)"])
    }

    /// Addresses that nobody has on the internet (RFC 1918, RFC 4193).
    private static let inner = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"].compactMap { AddressBlock($0) }

    private func take(_ limited: Limited, _ client: String) -> RateBucket.Decision {
        let (decision, count) = limited.ledger.take(client, at: loop.now)
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
