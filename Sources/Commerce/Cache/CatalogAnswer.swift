import HTTPServer
import Web

/// A catalogue answer ready to be sent, with its tag.
struct CatalogAnswer {
    let tag: EntityTag
    let response: Response

    init(body: [UInt8], policy: String) {
        tag = EntityTag(of: body)
        response = Response.json(bytes: body).with(.eTag, tag.text).with(.cacheControl, policy)
    }

    /// The answer, or 304 where the caller has it already (RFC 9110 §13.1.2).
    func answering(_ request: Request) -> Response {
        Conditional.response(response, tag: tag, to: request)
    }
}
