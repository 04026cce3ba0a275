import Formats
import HTTPServer
import HTTPTypes

extension RequestContext {
    /// Adds the ETag to a response, or makes it a 304 where the client has this version.
    ///
    /// Only a 200 to GET or HEAD can become a 304. A malformed If-None-Match is ignored.
    /// - Throws: 412 where the request demands another version.
    package func conditional(_ response: consuming Response, tag: EntityTag) throws(Problem) -> Response {
        response.headers.append(.eTag, tag.field)
        guard response.status == .ok, try isFresh(Validators(tag: tag)) else { return response }
        return response.notModified
    }

    /// Whether the client has this version: then the body is not needed.
    ///
    /// Conditions are evaluated in the order of RFC 9110 §13.2.2: with If-Match, If-Unmodified-Since is ignored; with If-None-Match,
    /// If-Modified-Since.
    /// - Throws: 412 where the request demands another version.
    package func isFresh(_ validators: Validators) throws(Problem) -> Bool {
        guard request.head.isConditional, request.method == .get || request.method == .head else { return false }
        if let matches = matches(validators), !matches { throw .preconditionFailed }
        if let field = request.head.bytes(of: .ifNoneMatch) {
            // The most common case: exactly the tag of an earlier response.
            if field.elementsEqual(validators.tag.field) { return true }
            return EntityTagCondition(request.head.values(of: .ifNoneMatch))?.holdsWeakly(for: validators.tag) ?? false
        }
        guard let modified = validators.modified, let since = date(of: .ifModifiedSince) else { return false }
        return modified <= since
    }

    /// Whether If-Match, or without it If-Unmodified-Since, holds; nil where both are missing or malformed: a read may ignore a
    /// malformed condition.
    private func matches(_ validators: Validators) -> Bool? {
        if request.head.bytes(of: .ifMatch) != nil {
            return EntityTagCondition(request.head.values(of: .ifMatch)).map { $0.holdsStrongly(for: validators.tag) }
        }
        guard let modified = validators.modified, let since = date(of: .ifUnmodifiedSince) else { return nil }
        return modified <= since
    }

    /// The date of a header in seconds since 1970; nil also where the header is repeated (RFC 9110 §13.1.3).
    private func date(of name: HTTPField.Name) -> Int64? {
        guard request.head.values(of: name).count == 1, let field = request.head.bytes(of: name) else { return nil }
        return Timestamp(httpDate: field, now: .now)?.seconds
    }

    /// The condition of If-Match; nil without one.
    /// - Throws: 400 where it is malformed: a write must not ignore a condition.
    package func ifMatch() throws(Problem) -> EntityTagCondition? {
        guard request.head.bytes(of: .ifMatch) != nil else { return nil }
        guard let condition = EntityTagCondition(request.head.values(of: .ifMatch)) else {
            let error = InputError(.header("If-Match"), "must be * or a list of entity tags in quotes")
            throw Problem(.badRequest, errors: [error])
        }
        return condition
    }

}

extension Response {
    /// The 304 for this response. It has only the headers with which a cache updates what it has stored (RFC 9110 §15.4.5).
    package var notModified: Response { Response(.notModified, headers: headers.keeping(Response.keptFields)) }

    /// The 304 for another representation of the resource.
    func notModified(as tag: EntityTag) -> Response {
        var kept = headers.keeping(Response.keptFields.filter { $0 != .eTag })
        kept.append(.eTag, tag.field)
        return Response(.notModified, headers: kept)
    }

    private static let keptFields: [HTTPField.Name] = [.cacheControl, .contentLocation, .eTag, .expires, .vary]
}

/// The version of a representation, for conditional requests.
package struct Validators: Sendable {
    package let tag: EntityTag
    /// When it was last modified, in whole seconds since 1970; nil where unknown, as for a representation that
    /// also shows data from elsewhere.
    package let modified: Int64?

    package init(tag: EntityTag, modified: Int64? = nil) {
        self.tag = tag
        self.modified = modified
    }
}
