import Compression
import Formats
import HTTPServer
import HTTPTypes

/// A representation that is made once, when the program starts, and served from memory with its ETag.
package struct FixedResource: Sendable {
    /// How browsers treat it.
    package enum Kind: Sendable {
        case data
        /// A page with its Content-Security-Policy.
        case page(policy: String)
        /// An image or style sheet, perhaps with a Content-Security-Policy.
        case asset(policy: String?)
    }

    private let plain: Representation
    /// Made at the start; nil where the resource is never compressed.
    private let gzip: Representation?
    /// Whether its kind is ever compressed.
    private let isCoded: Bool
    private let modified: Int64?

    /// - Parameters:
    ///   - type: its Content-Type
    ///   - cacheControl: how long it may be stored
    ///   - variation: the request header that selects between this and other resources of the same path, for Vary; nil without one
    ///   - modified: when it was last changed, in seconds since 1970; nil where unknown
    ///   - gzip: compresses it, if its type gets smaller by that; nil for no compression
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
    /// Its headers, without those of every response.
    package var headers: HeaderBlock { plain.response.headers }

    /// The response to a GET or HEAD.
    /// - Throws: 412 where the request demands another version.
    package func answer(to context: RequestContext) throws(Problem) -> Response {
        try context.answer(plain, modified: modified, isCoded: isCoded) { gzip }
    }
}
