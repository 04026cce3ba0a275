import Formats
import HTTPServer
import HTTPTypes

/// A representation that is made once, when the program starts, and served from memory with its ETag.
package struct FixedResource: Sendable {
    /// What it is to a browser.
    package enum Kind: Sendable {
        case data
        /// With its Content-Security-Policy.
        case page(policy: String)
        /// The same, where it has one.
        case asset(policy: String?)
    }

    package let body: [UInt8]
    package let validators: Validators
    private let response: Response
    /// The answer for who has it.
    private let notModified: Response

    /// - Parameters:
    ///   - type: its Content-Type.
    ///   - cacheControl: how long it may be kept.
    ///   - modified: when it was last changed, in seconds since 1970; nil where nobody knows.
    package init(_ body: [UInt8], type: String, kind: Kind, cacheControl: String, modified: Int64? = nil) {
        self.body = body
        validators = Validators(tag: EntityTag(of: body), modified: modified)
        var headers = HeaderBlock([(.contentType, type), (.cacheControl, cacheControl)])
        headers.append(.eTag, validators.tag.field)
        if let modified { headers.append(.lastModified, Timestamp(seconds: modified).httpDate) }
        switch kind {
        case .data: headers.append(.data)
        case .page(let policy): headers.append(.page(policy: policy))
        case .asset(let policy): headers.append(.asset(policy: policy))
        }
        response = Response(.ok, headers: headers, body: body)
        notModified = response.notModified
    }

    package var tag: EntityTag { validators.tag }
    /// Its fields, but those that every answer gets.
    package var headers: HeaderBlock { response.headers }

    /// The answer to a GET or HEAD.
    /// - Throws: 412 where the request asks for another version only.
    package func answer(to context: RequestContext) throws(Problem) -> Response {
        try context.isFresh(validators) ? notModified : response
    }
}
