import HTTPServer
import HTTPTypes
import Web

/// A catalogue answer ready to be sent, with its tag.
struct CatalogAnswer {
    let tag: EntityTag
    let response: Response

    /// - Parameter link: the Link field of a list that goes on
    init(body: [UInt8], link: String?, policy: String) {
        tag = EntityTag(of: body)
        // All fields are written here, once, and not for every request.
        var response = Response.json(bytes: body).with(.eTag, tag.description).with(.cacheControl, policy)
        // A field beyond this could push the head over what load balancers take; the cursor is in the body too.
        if let link, link.utf8.count <= 8_192 { response.headers.append(.link, link) }
        self.response = response
    }

    /// The answer, or 304 where the caller has it already (RFC 9110 §13.1.2).
    /// - Throws: 412 where the caller asks for another version only.
    func answering(_ context: RequestContext) throws(Problem) -> Response {
        try context.isFresh(Validators(tag: tag)) ? response.notModified : response
    }
}
