import HTTPServer
import HTTPTypes

/// A representation that is made once, when the program starts, and served from memory with its ETag.
package struct FixedResource: Sendable {
    package let body: [UInt8]
    package let tag: EntityTag
    /// Its Content-Security-Policy, if it has one.
    package let policy: String?
    private let headers: HeaderBlock

    /// - Parameters:
    ///   - type: its Content-Type.
    ///   - cacheControl: how long it may be kept.
    ///   - contentSecurityPolicy: what it may load and do in a browser.
    package init(_ body: [UInt8], type: String, cacheControl: String, contentSecurityPolicy: String? = nil) {
        self.body = body
        tag = EntityTag(of: body)
        var headers = HeaderBlock()
        headers.append(.contentType, type)
        headers.append(.cacheControl, cacheControl)
        if let contentSecurityPolicy { headers.append(.contentSecurityPolicy, contentSecurityPolicy) }
        self.headers = headers
        policy = contentSecurityPolicy
    }

    /// The answer to a GET or HEAD.
    package func answer(to context: RequestContext) -> Response {
        context.conditional(Response(.ok, headers: headers, body: body), tag: tag)
    }
}
