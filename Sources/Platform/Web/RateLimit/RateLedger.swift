/// The buckets of one policy on one loop, and the requests that are not yet reported to the shared ones: a pure value.
struct RateLedger {
    private struct Account {
        var bucket = RateBucket()
        /// Requests that were allowed here and are not reported yet.
        var unreported = 0
    }

    let policy: RatePolicy
    /// How many requests are reported at once: few, as a client that spreads its requests over loops and tasks can exceed the quota
    /// by these.
    let batch: Int
    private var accounts: ClientTable<Account>

    /// - Parameter clients: how many clients are remembered
    init(_ policy: RatePolicy, clients: Int) {
        self.policy = policy
        batch = max(1, policy.quota / 20)
        accounts = ClientTable(capacity: clients)
    }

    var clientCount: Int { accounts.count }

    /// Takes a request, which may count as several.
    /// - Returns: also how many requests to report now, or 0.
    mutating func take(_ client: String, at now: UInt64, cost: Int = 1) -> (decision: RateBucket.Decision, report: Int) {
        accounts.update(client, default: Account()) { [policy, batch] account in
            // A full bucket has nothing to report: clients with few requests need no shared bucket.
            if account.bucket.level(at: now) == 0 { account.unreported = 0 }
            let decision = account.bucket.take(policy, at: now, cost: cost)
            guard decision.isAllowed else { return (decision, 0) }
            account.unreported += min(max(1, cost), policy.quota)
            guard account.unreported >= batch else { return (decision, 0) }
            defer { account.unreported = 0 }
            return (decision, account.unreported)
        }
    }

    /// The state of a bucket, without taking a request.
    mutating func peek(_ client: String, at now: UInt64) -> RateBucket.Decision {
        accounts.update(client, default: Account()) { [policy] account in
            let level = account.bucket.level(at: now)
            return account.bucket.decision(policy, at: now, level + policy.interval <= policy.capacity)
        }
    }

    /// Records the state of the shared bucket.
    mutating func learn(_ level: UInt64, of client: String, isAllowed: Bool, at now: UInt64) -> RateBucket.Decision {
        accounts.update(client, default: Account()) { [policy] account in
            account.bucket.learn(level, policy, at: now)
            return account.bucket.decision(policy, at: now, isAllowed)
        }
    }
}

/// A value for each of a bounded number of clients: a pure value.
///
/// It has two generations. A client that comes is in the young one. When the young one has half the capacity, it becomes the old one,
/// and clients that are only in the former old one are forgotten. So no list of arrival times is needed.
struct ClientTable<Value> {
    private let half: Int
    private var young: [String: Value] = [:]
    private var old: [String: Value] = [:]

    init(capacity: Int) { half = max(1, capacity / 2) }

    var count: Int { young.count + old.count }

    /// Changes the value of a client.
    /// - Parameter fresh: the value of a new client
    mutating func update<Result>(
        _ client: String, default fresh: @autoclosure () -> Value, _ body: (inout Value) -> Result
    ) -> Result {
        if let index = young.index(forKey: client) { return body(&young.values[index]) }
        var value = old.removeValue(forKey: client) ?? fresh()
        let result = body(&value)
        if young.count >= half {
            old = young
            young = [:]
        }
        young[client] = value
        return result
    }
}
