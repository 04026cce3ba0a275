import HTTPServer
import HTTPTypes

/// Security headers for browsers (OWASP, HTTP Security Response Headers and REST Security cheat sheets). They are written once,
/// as every response has some of them.
extension HeaderBlock {
    /// For JSON: a browser that shows it as a page loads nothing, runs nothing and frames nothing, and no other site embeds it
    /// (Fetch §3.7; CORS decides about requests with CORS).
    static let data = HeaderBlock([
        (.contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'"), (.xFrameOptions, "DENY"),
        (.crossOriginResourcePolicy, "same-origin"),
    ])

    /// For a page, which has its own policy.
    static func page(policy: String) -> HeaderBlock {
        HeaderBlock([
            (.contentSecurityPolicy, policy), (.xFrameOptions, "DENY"), (.crossOriginResourcePolicy, "same-origin"),
            (.crossOriginOpenerPolicy, "same-origin"),
        ])
    }

    /// For images, which sites of other origins embed.
    static func asset(policy: String?) -> HeaderBlock {
        HeaderBlock((policy.map { [(.contentSecurityPolicy, $0)] } ?? []) + [(.crossOriginResourcePolicy, "cross-origin")])
    }

    /// For every response.
    static let always = HeaderBlock([(.xContentTypeOptions, "nosniff"), (.referrerPolicy, "no-referrer")])

    package init(_ fields: [(HTTPField.Name, String)]) {
        self.init()
        for (name, value) in fields { append(name, value) }
    }
}
