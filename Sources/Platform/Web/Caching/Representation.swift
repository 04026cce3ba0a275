import HTTPServer
import HTTPTypes

/// A resource as it is sent, ready to be: its response, and the one for clients that have this version.
package struct Representation: Sendable {
    package let tag: EntityTag
    package let response: Response
    package let notModified: Response

    /// A representation without a content coding.
    /// - Parameters:
    ///   - fields: all headers but ETag and those about the coding
    ///   - isCoded: whether another representation may have a content coding, which Vary then announces here too
    ///   - variation: a further header for Vary
    package init(_ body: [UInt8], tag: EntityTag, fields: HeaderBlock, isCoded: Bool, variation: String? = nil) {
        self.tag = tag
        var fields = fields
        fields.append(.eTag, tag.field)
        switch (variation, isCoded) {
        case (let name?, true): fields.append(.vary, "\(name), Accept-Encoding")
        case (let name?, false): fields.append(.vary, name)
        case (nil, true): fields.append(.vary, "Accept-Encoding")
        case (nil, false): break
        }
        response = Response(.ok, headers: fields, body: body)
        notModified = response.notModified
    }

    /// A gzip representation. It has another tag: two representations with different bytes must not share a strong tag (RFC 9110
    /// §8.8.1, §8.8.3.3).
    /// - Parameter tag: the tag of the representation without a coding
    package init(gzip body: [UInt8], tag: EntityTag, fields: HeaderBlock, variation: String? = nil) {
        var fields = fields
        fields.append(.contentEncoding, "gzip")
        self.init(body, tag: tag.gzip, fields: fields, isCoded: true, variation: variation)
    }
}

extension EntityTag {
    /// The tag of the gzip representation of the same version.
    var gzip: EntityTag { EntityTag(opaque: Array(opaque) + Array("-gzip".utf8), isWeak: isWeak) }
}

extension RequestContext {
    /// The response to a GET or HEAD, plain or as gzip, by the request's preference and conditions.
    ///
    /// Conditions hold for the selected representation (RFC 9110 §13.1): the tag of the other one does not match. With a match, a 304
    /// to a client without gzip would let a shared cache send its stored gzip to that client.
    /// - Parameters:
    ///   - modified: when the resource was last modified, in seconds since 1970, if known
    ///   - isCoded: whether there may be a gzip representation
    ///   - gzip: makes it, and is called only if needed; nil where compression does not make it smaller
    /// - Throws: 412 where the request demands another version.
    package func answer(
        _ plain: Representation, modified: Int64? = nil, isCoded: Bool, gzip: () -> Representation?
    ) throws(Problem) -> Response {
        let prefersGzip = isCoded && AcceptEncoding(request.head).prefersGzip
        guard request.head.isConditional else { return prefersGzip ? (gzip() ?? plain).response : plain.response }
        guard prefersGzip else {
            return try isFresh(Validators(tag: plain.tag, modified: modified)) ? plain.notModified : plain.response
        }
        // The most common case: the tag of the gzip representation. It need not be made for a 304.
        let tag = plain.tag.gzip
        if request.head.bytes(of: .ifMatch) == nil, request.head.bytes(of: .ifNoneMatch)?.elementsEqual(tag.field) == true,
            try isFresh(Validators(tag: tag, modified: modified))
        {
            return plain.response.notModified(as: tag)
        }
        let selected = gzip() ?? plain
        return try isFresh(Validators(tag: selected.tag, modified: modified)) ? selected.notModified : selected.response
    }
}
