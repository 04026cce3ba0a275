import OpenAPI
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
        Browse the catalogue, fill a cart, place an order. No account is needed: the answer that creates a cart or an order \
        contains a secret token, and that token gives access to it.

        Bodies are JSON in UTF-8, with member names in snake_case. Ids are UUIDs. Times are RFC 3339 in UTC. Amounts are whole \
        numbers of minor units: `{"amount": 1450, "currency": "USD"}` is $14.50. The service ignores members and query \
        parameters that are not described here, but it refuses a value of the wrong type.

        Later versions may add members to answers, values to the lists under `x-extensible-enum`, and problem codes. A client \
        must ignore members and tolerate values that it does not know.

        Errors are answered with `application/problem+json` (RFC 9457). Decide what to do by `code`; `errors` names each field \
        that is wrong. A cart or an order of another customer is answered like one that does not exist: 404.

        Every answer has an `X-Request-Id`. It is yours if you sent one made of letters, digits, `.`, `_` and `-`; otherwise it \
        is a new one. Every GET can also be sent as HEAD.

        With `If-None-Match`, the answer is 304 if nothing has changed. With `Accept-Encoding: gzip`, the catalogue is sent \
        compressed. With `If-Match`, a write is refused if the resource has changed since you read it.

        `RateLimit-Policy` and `RateLimit` say how many requests you may send and how many are left; answers that caches may share do not have these fields. Beyond that the answer \
        is 429. After a 429 or 503, wait for the seconds in `Retry-After` before you try again. It is always safe to repeat \
        a GET, PUT or DELETE, and to repeat POST /v1/orders with the same `Idempotency-Key`.
        """
}
