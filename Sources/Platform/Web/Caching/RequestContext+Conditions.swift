import Formats
import HTTPServer
import HTTPTypes

extension RequestContext {
    /// The answer with its ETag, or 304 where the client has this version already.
    ///
    /// Only for what GET and HEAD answer with 200. An If-None-Match that cannot be read is as good as none.
    /// - Throws: 412 where the request asks for another version only.
    package func conditional(_ response: consuming Response, tag: EntityTag) throws(Problem) -> Response {
        response.headers.append(.eTag, tag.field)
        guard response.status == .ok, try isFresh(Validators(tag: tag)) else { return response }
        return response.notModified
    }

    /// Whether the client has this version already: then the body need not be made at all.
    ///
    /// Conditions are judged in the order of RFC 9110 §13.2.2: an If-Match keeps If-Unmodified-Since from being looked
    /// at, an If-None-Match If-Modified-Since.
    /// - Throws: 412 where the request asks for another version only.
    package func isFresh(_ validators: Validators) throws(Problem) -> Bool {
        guard request.head.isConditional, request.method == .get || request.method == .head else { return false }
        if let isMeant = isMeant(validators), !isMeant { throw .preconditionFailed }
        if let field = request.head.bytes(of: .ifNoneMatch) {
            // Most often it is just the tag that was given out.
            if field.elementsEqual(validators.tag.field) { return true }
            return EntityTagCondition(request.head.values(of: .ifNoneMatch))?.holdsWeakly(for: validators.tag) ?? false
        }
        guard let modified = validators.modified, let since = date(of: .ifModifiedSince) else { return false }
        return modified <= since
    }

    /// What If-Match, else If-Unmodified-Since, says; nil where there is neither, or none that can be read: on a read
    /// nothing is lost by that.
    private func isMeant(_ validators: Validators) -> Bool? {
        if request.head.bytes(of: .ifMatch) != nil {
            return EntityTagCondition(request.head.values(of: .ifMatch)).map { $0.holdsStrongly(for: validators.tag) }
        }
        guard let modified = validators.modified, let since = date(of: .ifUnmodifiedSince) else { return nil }
        return modified <= since
    }

    /// The seconds since 1970 that a field tells; nil also where it is there twice (RFC 9110 §13.1.3).
    private func date(of name: HTTPField.Name) -> Int64? {
        guard request.head.values(of: name).count == 1, let field = request.head.bytes(of: name) else { return nil }
        return Timestamp(httpDate: field, now: .now)?.seconds
    }

    /// What If-Match asks for; nil where there is none.
    /// - Throws: 400 where it cannot be read: a write must not go ahead on a condition nobody understood.
    package func ifMatch() throws(Problem) -> EntityTagCondition? {
        guard request.head.bytes(of: .ifMatch) != nil else { return nil }
        guard let condition = EntityTagCondition(request.head.values(of: .ifMatch)) else {
            let fault = InputError(.header("If-Match"), "must be * or a list of entity tags in quotes")
            throw Problem(.badRequest, errors: [fault])
        }
        return condition
    }

    /// What If-Match asks for, of a call that needs it.
    /// - Throws: 428 where there is none, 400 as above.
    package func requiredIfMatch() throws(Problem) -> EntityTagCondition {
        guard let condition = try ifMatch() else { throw .preconditionRequired }
        return condition
    }
}

extension Response {
    /// 304 in its place: of its fields those that a cache needs to go on using what it has, and no more (RFC 9110
    /// §15.4.5).
    package var notModified: Response { Response(.notModified, headers: headers.keeping(Response.keptFields)) }

    /// The same for another representation of the resource.
    func notModified(as tag: EntityTag) -> Response {
        var kept = headers.keeping(Response.keptFields.filter { $0 != .eTag })
        kept.append(.eTag, tag.field)
        return Response(.notModified, headers: kept)
    }

    private static let keptFields: [HTTPField.Name] = [.cacheControl, .contentLocation, .eTag, .expires, .vary]
}
