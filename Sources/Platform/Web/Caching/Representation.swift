import HTTPServer
import HTTPTypes

/// One way in which a resource is sent, ready to be: its answer, and the answer for who has it.
package struct Representation: Sendable {
    package let tag: EntityTag
    package let response: Response
    package let notModified: Response

    /// As it is.
    /// - Parameters:
    ///   - fields: all but ETag and what concerns the coding.
    ///   - isCoded: whether there may be another representation with a content coding: then Vary says so, here too.
    ///   - variation: what else Vary names
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

    /// The same as gzip, of another tag: two representations that differ in a byte must not share a strong one (RFC 9110
    /// §8.8.1, §8.8.3.3).
    /// - Parameter tag: of the one without a coding
    package init(gzip body: [UInt8], tag: EntityTag, fields: HeaderBlock, variation: String? = nil) {
        var fields = fields
        fields.append(.contentEncoding, "gzip")
        self.init(body, tag: tag.gzip, fields: fields, isCoded: true, variation: variation)
    }
}

extension EntityTag {
    /// The tag of the same version as gzip.
    var gzip: EntityTag { EntityTag(opaque: Array(opaque) + Array("-gzip".utf8), isWeak: isWeak) }
}
