/// The buckets of one policy on one loop, and what others have to be told of them: a pure value.
struct RateLedger {
    private struct Account {
        var bucket = RateBucket()
        /// What was taken here and is not reported yet.
        var unreported = 0
    }

    let policy: RatePolicy
    /// How many requests are reported at once: few enough that nobody gets far beyond the quota by spreading over loops and tasks.
    let batch: Int
    private var accounts: ClientTable<Account>

    /// - Parameter clients: how many are remembered
    init(_ policy: RatePolicy, clients: Int) {
        self.policy = policy
        batch = max(1, policy.quota / 20)
        accounts = ClientTable(capacity: clients)
    }

    var clientCount: Int { accounts.count }

    /// Takes a request's worth, which may be that of several.
    /// - Returns: also how many are to be reported now; 0 for none.
    mutating func take(_ client: String, at now: UInt64, cost: Int = 1) -> (decision: RateBucket.Decision, report: Int) {
        accounts.update(client, default: Account()) { [policy, batch] account in
            // A full bucket forgets: whoever asks seldom is nobody's business.
            if account.bucket.level(at: now) == 0 { account.unreported = 0 }
            let decision = account.bucket.take(policy, at: now, cost: cost)
            guard decision.isAllowed else { return (decision, 0) }
            account.unreported += min(max(1, cost), policy.quota)
            guard account.unreported >= batch else { return (decision, 0) }
            defer { account.unreported = 0 }
            return (decision, account.unreported)
        }
    }

    /// How the bucket is, without taking anything.
    mutating func look(_ client: String, at now: UInt64) -> RateBucket.Decision {
        accounts.update(client, default: Account()) { [policy] account in
            let level = account.bucket.level(at: now)
            return account.bucket.decision(policy, at: now, level + policy.interval <= policy.capacity)
        }
    }

    /// Learns how the bucket is that all share.
    mutating func learn(_ level: UInt64, of client: String, isAllowed: Bool, at now: UInt64) -> RateBucket.Decision {
        accounts.update(client, default: Account()) { [policy] account in
            account.bucket.learn(level, policy, at: now)
            return account.bucket.decision(policy, at: now, isAllowed)
        }
    }
}
