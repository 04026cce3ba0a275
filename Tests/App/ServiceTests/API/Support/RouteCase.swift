import TestSupport

/// One call of the service, with what its good answer has to say to caches and browsers.
struct RouteCase: Sendable {
    /// As in the service's document: `GET /v1/products/{product}`.
    let call: String
    /// The whole Cache-Control.
    let cache: String
    var hasTag = false
    var hasDate = false
    /// Whether it may come as gzip.
    var isCoded = false
    var kind = Kind.data
    /// Where it is found, with what, for a shop that holds these.
    let request: @Sendable (RouteGoods) -> RouteRequest

    enum Kind {
        case data, page, asset, empty
        /// Its good answer is sent as it is made, without a length; other tests read it.
        case endless
    }

    var method: String { String(call.prefix { $0 != " " }) }
    var template: String { String(call.drop { $0 != " " }.dropFirst()) }
}

struct RouteRequest: Sendable {
    let path: String
    var headers: [(String, String)] = []
    var json: String?

    /// The fields of a handshake.
    static let webSocket = [
        ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]
}

/// What the calls of the table are about.
struct RouteGoods: Sendable {
    let sku: String
    let cart: TestCart
    let order: TestOrder
    let person: RouteAccount
}

extension RouteCase {
    static let catalog = "max-age=1, stale-while-revalidate=1, stale-if-error=600"

    /// Every call of the service; one that is missing here fails a test.
    static let all: [RouteCase] =
        [
            RouteCase(call: "GET /v1/products", cache: catalog, hasTag: true, isCoded: true) { _ in
                RouteRequest(path: "/v1/products?limit=2&include=total&facets=brand,category,price,in_stock,option.*,attr.*")
            },
            RouteCase(call: "GET /v1/products/suggestions", cache: catalog, hasTag: true, isCoded: true) { _ in
                RouteRequest(path: "/v1/products/suggestions?q=po")
            },
            RouteCase(call: "GET /v1/products/{product}", cache: catalog, hasTag: true, isCoded: true) { _ in
                RouteRequest(path: "/v1/products/pot")
            },
            RouteCase(call: "GET /v1/products/{product}/recommendations", cache: catalog, hasTag: true, isCoded: true) { _ in
                RouteRequest(path: "/v1/products/pot/recommendations")
            },
            RouteCase(call: "POST /v1/recommendations", cache: "no-store") {
                RouteRequest(path: "/v1/recommendations", json: #"{"skus":["\#($0.sku)"]}"#)
            },
            RouteCase(call: "GET /v1/categories", cache: catalog, hasTag: true, isCoded: true) { _ in
                RouteRequest(path: "/v1/categories")
            },
            RouteCase(call: "GET /v1/categories/{slug}", cache: catalog, hasTag: true, isCoded: true) { _ in
                RouteRequest(path: "/v1/categories/kitchen")
            },
            RouteCase(call: "POST /v1/carts", cache: "no-store", hasTag: true) { _ in RouteRequest(path: "/v1/carts", json: "{}")
            },
            RouteCase(call: "GET /v1/carts/{id}", cache: "private, no-cache", hasTag: true) {
                RouteRequest(path: $0.cart.path, headers: [$0.cart.header])
            },
            RouteCase(call: "POST /v1/carts/{id}/items", cache: "no-store", hasTag: true) {
                RouteRequest(
                    path: $0.cart.path + "/items", headers: [$0.cart.header], json: #"{"sku":"\#($0.sku)","quantity":1}"#)
            },
            RouteCase(call: "PUT /v1/carts/{id}/items/{sku}", cache: "no-store", hasTag: true) {
                RouteRequest(path: $0.cart.path + "/items/" + $0.sku, headers: [$0.cart.header], json: #"{"quantity":2}"#)
            },
            RouteCase(call: "DELETE /v1/carts/{id}/items/{sku}", cache: "no-store", hasTag: true) {
                RouteRequest(path: $0.cart.path + "/items/" + $0.sku, headers: [$0.cart.header])
            },
            RouteCase(call: "POST /v1/carts/{id}/tickets", cache: "no-store") {
                RouteRequest(path: $0.cart.path + "/tickets", headers: [$0.cart.header])
            },
            RouteCase(call: "GET /v1/carts/{id}/events", cache: "no-store", kind: .endless) {
                RouteRequest(path: $0.cart.path + "/events", headers: [$0.cart.header])
            },
            RouteCase(call: "GET /v1/carts/{id}/live", cache: "no-store", kind: .endless) {
                RouteRequest(path: $0.cart.path + "/live", headers: [$0.cart.header] + RouteRequest.webSocket)
            },
            RouteCase(call: "DELETE /v1/carts/{id}", cache: "no-store", kind: .empty) {
                RouteRequest(path: $0.cart.path, headers: [$0.cart.header])
            },
            RouteCase(call: "POST /v1/orders", cache: "no-store", hasTag: true) {
                RouteRequest(
                    path: "/v1/orders", headers: [("Idempotency-Key", Shop.newKey())],
                    json: #"{"items":[{"sku":"\#($0.sku)","quantity":1}],\#(ShopClient.buyer)}"#)
            },
            RouteCase(call: "GET /v1/orders", cache: "no-store") {
                RouteRequest(path: "/v1/orders", headers: [$0.person.header])
            },
            RouteCase(call: "GET /v1/orders/{order}", cache: "no-store", hasTag: true) {
                RouteRequest(path: $0.order.path, headers: [$0.order.header])
            },
            RouteCase(call: "POST /v1/orders/{order}/cancel", cache: "no-store", hasTag: true) {
                RouteRequest(path: $0.order.path + "/cancel", headers: [$0.order.header])
            },
            RouteCase(call: "POST /v1/orders/lookup", cache: "no-store") { _ in
                RouteRequest(path: "/v1/orders/lookup", json: #"{"number":"7K3M9QXR2W","email":"ada@example.com"}"#)
            },
        ] + accounts + service

    /// The calls about accounts.
    private static let accounts: [RouteCase] = [
        RouteCase(call: "POST /v1/users", cache: "no-store") { _ in
            RouteRequest(path: "/v1/users", json: #"{"email":"ada@example.com","password":"seven green herons"}"#)
        },
        RouteCase(call: "POST /v1/email-confirmations", cache: "no-store") {
            RouteRequest(path: "/v1/email-confirmations", json: #"{"token":"\#($0.person.confirmation.text)"}"#)
        },
        RouteCase(call: "POST /v1/password-resets", cache: "no-store") { _ in
            RouteRequest(path: "/v1/password-resets", json: #"{"email":"ada@example.com"}"#)
        },
        RouteCase(call: "PUT /v1/password-resets", cache: "no-store", kind: .empty) {
            RouteRequest(
                path: "/v1/password-resets",
                json: #"{"token":"\#($0.person.reset.text)","password":"seven green herons"}"#)
        },
        RouteCase(call: "POST /v1/sign-in-links", cache: "no-store") { _ in
            RouteRequest(path: "/v1/sign-in-links", json: #"{"email":"ada@example.com"}"#)
        },
        RouteCase(call: "POST /v1/sessions", cache: "no-store") {
            RouteRequest(path: "/v1/sessions", json: #"{"link_token":"\#($0.person.link.text)"}"#)
        },
        RouteCase(call: "POST /v1/sessions/refresh", cache: "no-store") {
            RouteRequest(path: "/v1/sessions/refresh", json: $0.person.session.refreshBody)
        },
        RouteCase(call: "DELETE /v1/sessions", cache: "no-store", kind: .empty) {
            RouteRequest(path: "/v1/sessions", headers: [$0.person.header])
        },
        RouteCase(call: "GET /v1/me", cache: "no-store", hasTag: true) {
            RouteRequest(path: "/v1/me", headers: [$0.person.header])
        },
        RouteCase(call: "PATCH /v1/me", cache: "no-store", hasTag: true) {
            RouteRequest(path: "/v1/me", headers: [$0.person.header], json: #"{"name":"Ada"}"#)
        },
        RouteCase(call: "GET /v1/me/export", cache: "no-store", kind: .endless) {
            RouteRequest(path: "/v1/me/export", headers: [$0.person.header])
        },
        RouteCase(call: "DELETE /v1/me", cache: "no-store", kind: .empty) {
            RouteRequest(
                path: "/v1/me", headers: [$0.person.header], json: #"{"password":"\#($0.person.account.password)"}"#)
        },
        RouteCase(call: "GET /v1/me/sessions", cache: "no-store") {
            RouteRequest(path: "/v1/me/sessions", headers: [$0.person.header])
        },
        RouteCase(call: "DELETE /v1/me/sessions", cache: "no-store", kind: .empty) {
            RouteRequest(path: "/v1/me/sessions", headers: [$0.person.header])
        },
        RouteCase(call: "DELETE /v1/me/sessions/{session}", cache: "no-store", kind: .empty) {
            RouteRequest(path: "/v1/me/sessions/" + $0.person.otherSession, headers: [$0.person.header])
        },
        RouteCase(call: "GET /v1/me/addresses", cache: "no-store") {
            RouteRequest(path: "/v1/me/addresses", headers: [$0.person.header])
        },
        RouteCase(call: "POST /v1/me/addresses", cache: "no-store") {
            RouteRequest(path: "/v1/me/addresses", headers: [$0.person.header], json: address)
        },
        RouteCase(call: "PUT /v1/me/addresses/{address}", cache: "no-store") {
            RouteRequest(path: "/v1/me/addresses/" + $0.person.address, headers: [$0.person.header], json: address)
        },
        RouteCase(call: "DELETE /v1/me/addresses/{address}", cache: "no-store", kind: .empty) {
            RouteRequest(path: "/v1/me/addresses/" + $0.person.address, headers: [$0.person.header])
        },
    ]

    private static let address = """
        {"name":"Ada Moss","line1":"1 Fern Row","city":"Leeds","postal_code":"LS1 4AP","country":"GB"}
        """

    /// The calls about the service itself.
    private static let service: [RouteCase] = [
        RouteCase(call: "GET /health", cache: "no-store") { _ in RouteRequest(path: "/health") },
        RouteCase(call: "GET /health/live", cache: "no-store") { _ in RouteRequest(path: "/health/live") },
        RouteCase(call: "GET /", cache: "no-cache", hasTag: true, isCoded: true, kind: .page) { _ in RouteRequest(path: "/") },
        RouteCase(call: "GET /events.json", cache: "no-cache", hasTag: true, isCoded: true) { _ in
            RouteRequest(path: "/events.json")
        },
        RouteCase(call: "GET /.well-known/jwks.json", cache: "public, max-age=300", hasTag: true) { _ in
            RouteRequest(path: "/.well-known/jwks.json")
        },
        RouteCase(call: "GET /openapi.json", cache: "no-cache", hasTag: true, isCoded: true) { _ in
            RouteRequest(path: "/openapi.json")
        },
        RouteCase(call: "GET /docs", cache: "no-cache", hasTag: true, isCoded: true, kind: .page) { _ in
            RouteRequest(path: "/docs")
        },
        RouteCase(call: "GET /assets/{path}", cache: "max-age=86400", hasTag: true, hasDate: true, isCoded: true, kind: .asset) {
            _ in
            RouteRequest(path: "/assets/fern-enamel-mug.svg")
        },
    ]
}
