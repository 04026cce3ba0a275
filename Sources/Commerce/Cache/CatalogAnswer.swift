import HTTPServer
import HTTPTypes
import Web

/// A catalogue answer ready to be sent, with its tag.
struct CatalogAnswer {
    let tag: EntityTag
    let response: Response
    /// The cursor of the list's next page.
    let next: String?

    init(body: [UInt8], next: String?, policy: String) {
        tag = EntityTag(of: body)
        self.next = next
        // The tag is written here, once, and not for every request.
        response = Response.json(bytes: body).with(.eTag, tag.description).with(.cacheControl, policy)
    }

    /// The answer, or 304 where the caller has it already (RFC 9110 §13.1.2).
    func answering(_ context: RequestContext) -> Response {
        if context.isFresh(tag) { return context.conditional(response, tag: tag) }
        guard let next else { return response }
        var response = response
        let link = NextLink.value(path: context.request.path, query: context.request.query, cursor: next)
        // A field beyond this could push the head over what load balancers take; the cursor is in the body too.
        if link.count <= 8_192 { response.headers.append(.link, link) }
        return response
    }
}
