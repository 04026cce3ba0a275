import HTTPServer
import HTTPTypes

extension RequestContext {
    /// The answer with its ETag, or 304 where the client has this version already.
    ///
    /// Only for what GET and HEAD answer with 200. An If-None-Match that cannot be read is as good as none.
    package func conditional(_ response: consuming Response, tag: EntityTag) -> Response {
        response.headers.append(.eTag, tag.field)
        guard isFresh(tag), response.status == .ok else { return response }
        // RFC 9110 §15.4.5: what a cache needs to go on using what it has, and no more.
        return Response(
            .notModified, headers: response.headers.keeping(RequestContext.keptFields))
    }

    private static let keptFields: [HTTPField.Name] = [.cacheControl, .contentLocation, .eTag, .expires, .vary]

    /// Whether the client has this version already: then the body need not be made at all.
    package func isFresh(_ tag: EntityTag) -> Bool {
        guard let field = request.head.bytes(of: .ifNoneMatch), request.method == .get || request.method == .head else {
            return false
        }
        // Most often it is just the tag that was given out.
        if field.elementsEqual(tag.field) { return true }
        return EntityTagCondition(request.head.values(of: .ifNoneMatch))?.holdsWeakly(for: tag) ?? false
    }

    /// What If-Match asks for; nil where there is none.
    /// - Throws: 400 where it cannot be read: a write must not go ahead on a condition nobody understood.
    package func ifMatch() throws(Problem) -> EntityTagCondition? {
        guard request.head.bytes(of: .ifMatch) != nil else { return nil }
        guard let condition = EntityTagCondition(request.head.values(of: .ifMatch)) else {
            let fault = InputFault(.header("If-Match"), "must be * or a list of entity tags in quotes")
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
