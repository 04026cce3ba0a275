import HTTPServer
import HTTPTypes

/// What browsers are told to do with an answer, and what never to (OWASP, HTTP Security Response Headers and REST
/// Security cheat sheets). Written once, since every answer has some of it.
extension HeaderBlock {
    /// JSON is data: a browser that was made to show it as a page loads nothing, runs nothing and frames nothing; and no
    /// other site embeds it (Fetch §3.7; requests with CORS are judged by CORS).
    static let data = HeaderBlock([
        (.contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'"), (.xFrameOptions, "DENY"),
        (.crossOriginResourcePolicy, "same-origin"),
    ])

    /// The same for a page, which has a policy of its own.
    static func page(policy: String) -> HeaderBlock {
        HeaderBlock([
            (.contentSecurityPolicy, policy), (.xFrameOptions, "DENY"), (.crossOriginResourcePolicy, "same-origin"),
            (.crossOriginOpenerPolicy, "same-origin"),
        ])
    }

    /// Pictures are there to be embedded by shops of other origins.
    static func asset(policy: String?) -> HeaderBlock {
        HeaderBlock((policy.map { [(.contentSecurityPolicy, $0)] } ?? []) + [(.crossOriginResourcePolicy, "cross-origin")])
    }

    /// On all answers, whatever they are.
    static let always = HeaderBlock([(.xContentTypeOptions, "nosniff"), (.referrerPolicy, "no-referrer")])

    package init(_ fields: [(HTTPField.Name, String)]) {
        self.init()
        for (name, value) in fields { append(name, value) }
    }
}
