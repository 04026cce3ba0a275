import Compression
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

    private let plain: Representation
    /// Made at the start; nil: it is not sent that way.
    private let gzip: Representation?
    /// Whether its kind is ever compressed.
    private let isCoded: Bool
    private let modified: Int64?

    /// - Parameters:
    ///   - type: its Content-Type.
    ///   - cacheControl: how long it may be kept.
    ///   - variation: the request field that chooses between this and others of its place, for Vary; nil: there are none
    ///   - modified: when it was last changed, in seconds since 1970; nil where nobody knows.
    ///   - gzip: what compresses it, where its type gains by that; nil: nothing does
    package init(
        _ body: [UInt8], type: String, kind: Kind, cacheControl: String, variation: String? = nil, modified: Int64? = nil,
        gzip: Gzip? = nil
    ) {
        let tag = EntityTag(of: body)
        var fields = HeaderBlock([(.contentType, type), (.cacheControl, cacheControl)])
        if let modified { fields.append(.lastModified, Timestamp(seconds: modified).httpDate) }
        switch kind {
        case .data: fields.append(.data)
        case .page(let policy): fields.append(.page(policy: policy))
        case .asset(let policy): fields.append(.asset(policy: policy))
        }
        let gzip = MediaType.isCompressible(type) ? gzip : nil
        isCoded = gzip != nil
        plain = Representation(body, tag: tag, fields: fields, isCoded: isCoded, variation: variation)
        self.gzip = gzip?.compress(body).map { Representation(gzip: $0, tag: tag, fields: fields, variation: variation) }
        self.modified = modified
    }

    package var body: [UInt8] { plain.response.body }
    package var tag: EntityTag { plain.tag }
    /// Its fields, but those that every answer gets.
    package var headers: HeaderBlock { plain.response.headers }

    /// The answer to a GET or HEAD.
    /// - Throws: 412 where the request asks for another version only.
    package func answer(to context: RequestContext) throws(Problem) -> Response {
        try context.answer(plain, modified: modified, isCoded: isCoded) { gzip }
    }
}
