import Compression
import HTTPServer
import HTTPTypes
import Web

/// A catalogue answer ready to be sent, with its tag; as gzip too, once somebody has asked for that. On its loop.
final class CatalogAnswer {
    private let fields: HeaderBlock
    private let plain: Representation
    /// What compresses; nil: nothing does.
    private let compressor: Gzip?
    /// What that made; kept until the answer is another one.
    private var gzip: Gzipped = .notTried

    private enum Gzipped {
        case notTried, notWorthIt
        case made(Representation)
    }

    /// - Parameters:
    ///   - link: the Link field of a list that goes on
    ///   - compressor: the loop's; nil: answers are sent as they are
    init(body: [UInt8], link: String?, policy: String, compressor: Gzip?) {
        // All fields are written here, once, and not for every request.
        var fields = Response.json(bytes: []).with(.cacheControl, policy).headers
        // A field beyond this could push the head over what load balancers take; the cursor is in the body too.
        if let link, link.utf8.count <= 8_192 { fields.append(.link, link) }
        self.fields = fields
        self.compressor = compressor
        plain = Representation(body, tag: EntityTag(of: body), fields: fields, isCoded: compressor != nil)
    }

    var body: [UInt8] { plain.response.body }

    /// Bytes that its gzip takes.
    var compressedSize: Int {
        if case .made(let representation) = gzip { representation.response.body.count } else { 0 }
    }

    /// The answer, or 304 where the caller has it already (RFC 9110 §13.1.2).
    /// - Throws: 412 where the caller asks for another version only.
    func answering(_ context: RequestContext) throws(Problem) -> Response {
        try context.answer(plain, isCoded: compressor != nil) { compressed() }
    }

    private func compressed() -> Representation? {
        switch gzip {
        case .made(let representation): return representation
        case .notWorthIt: return nil
        case .notTried:
            guard let bytes = compressor?.compress(body) else {
                gzip = .notWorthIt
                return nil
            }
            let representation = Representation(gzip: bytes, tag: plain.tag, fields: fields)
            gzip = .made(representation)
            return representation
        }
    }
}
