import HTTPTypes
import Web

extension RouteLimit {
    /// The rates of signing in, and of what sends mails to addresses that a client names.
    package static func accounts(signIns: RatePolicy, mails: RatePolicy) -> [RouteLimit] {
        let mailed = ["/v1/users", "/v1/password-resets", "/v1/sign-in-links", "/v1/orders/lookup"]
        return [RouteLimit(.post, "/v1/sessions", policies: [signIns], refusal: .tooManySignIns, detail: detail("sign-ins"))]
            + mailed.map { route in
                // Each counts by itself.
                let word = String(route.dropFirst("/v1/".count).map { $0.isLetter ? $0 : "_" })
                let policy = RatePolicy("\(mails.name)_\(word)", quota: mails.quota, window: mails.window)
                return RouteLimit(.post, route, policies: [policy], refusal: .tooManyRequests, detail: detail("such requests"))
            }
    }

    private static func detail(_ what: String) -> @Sendable (RatePolicy) -> String {
        { policy in "From your IP address, at most \(policy.quota) \(what) can be sent in \(policy.window) seconds." }
    }
}
