import Web

extension OpenAPIDocument {
    /// The shop's API.
    /// - Parameter server: where it is reached; `/` where that is not known
    /// - Throws: ``OpenAPIError`` where the fragments do not fit together, which a test would have told.
    static func shop(server: String = "/") throws(OpenAPIError) -> OpenAPIDocument {
        try OpenAPIDocument(
            info: Info(title: "Shop", version: Version.text, description: introduction, server: server),
            fragments: [.catalog, .cart, .cartLive, .orders, .health, .common])
    }

    private static let introduction = """
        Browse the catalogue, keep a cart, place an order. No account is needed: carts and orders are reached with the \
        secrets that are given out when they are made.

        Bodies are JSON in UTF-8 with names in snake_case. Ids are UUIDs, times RFC 3339 in UTC, amounts whole numbers of \
        minor units: `{"amount": 1450, "currency": "USD"}` is $14.50. Members of a body and query parameters that are not \
        described are ignored; a value of the wrong type never is. Ignore members you do not know, too: answers may \
        get more of them.

        Whatever fails answers with `application/problem+json` (RFC 9457): decide by its `code`, mark a form by its \
        `errors`. Somebody else's cart or order looks like one that does not exist: 404.

        Every answer has `X-Request-Id`: yours, where you sent one of letters, digits, `.`, `_` and `-`, else a new one. \
        GET can be HEAD everywhere. With `If-None-Match` an unchanged answer is 304; with `Accept-Encoding: gzip` the \
        catalogue comes compressed; with `If-Match` a write happens only if nobody wrote before. `RateLimit-Policy` and \
        `RateLimit` say how often you may ask, and how much of that is left; answers that caches may give to everybody \
        (`Cache-Control: public`) do not have them. Beyond it is 429. After a 429 or 503 wait \
        as long as `Retry-After` says; reads, PUT and DELETE can always be \
        repeated, POST /v1/orders with the same `Idempotency-Key`.
        """
}
