import Inventory
import Money
import Formats
import FoundationEssentials
import HTTPServer
import HTTPTypes
import Web

/// Carts over HTTP. A guest's cart needs the token from when it was created; without it, the response is 404.
package struct CartRoutes {
    let store: CartStore
    let defaultCurrency: String

    package init(store: CartStore, defaultCurrency: String) {
        self.store = store
        self.defaultCurrency = defaultCurrency
    }

    /// Ten times a SKU of 100 characters and a number.
    private static let largestBody = 4 << 10

    package func register(on router: Router) {
        router.post("/v1/carts", .json(upTo: Self.largestBody)) { context in try await create(context) }
        router.get("/v1/carts/{id}") { context in try await show(context) }
        router.delete("/v1/carts/{id}") { context in try await delete(context) }
        router.post("/v1/carts/{id}/items", .json(upTo: Self.largestBody)) { context in try await add(context) }
        router.put("/v1/carts/{id}/items/{sku}", .json(upTo: Self.largestBody)) { context in try await set(context) }
        router.delete("/v1/carts/{id}/items/{sku}") { context in try await remove(context) }
    }

    private func create(_ context: RequestContext) async throws -> Response {
        var currency: String?
        var ended: UUID?
        if !context.request.body.isEmpty {
            let document = try context.json()
            (currency, ended) = try JSONReader.decode(document) { json in
                let currency = json.optional("currency")?.parsed("must be an ISO 4217 currency code", placeholder: "") {
                    CurrencyCode($0)?.code
                }
                return (currency, json.optional("from_cart")?.uuid())
            }
        }
        let token = RandomToken()
        let cart: Cart
        if let ended {
            guard let secret = context.request[.xCartToken],
                let made = try await store.create(
                    from: CartStore.Key(id: ended, tokenHash: RandomToken.hash(of: secret)), currency: currency,
                    tokenHash: token.hash)
            else { throw Problem.noCart }
            cart = made
        } else {
            cart = try await store.create(currency: currency ?? defaultCurrency, tokenHash: token.hash)
        }
        return try respond(cart, .created, token: token.text).with(.location, "/v1/carts/\(cart.id.text)")
    }

    private func show(_ context: RequestContext) async throws -> Response {
        guard let cart = try await store.cart(try key(context)) else { throw Problem.noCart }
        let body = try cart.json()
        let response = Response.json(bytes: body).with(.cacheControl, CachePolicy.personal).with(.vary, Self.vary)
        return try context.conditional(response, tag: EntityTag(version: cart.version, of: body))
    }

    private func delete(_ context: RequestContext) async throws -> Response {
        try await store.delete(try key(context), ifMatch: try context.ifMatch())
        return .noContent
    }

    private func add(_ context: RequestContext) async throws -> Response {
        let key = try key(context)
        let (sku, quantity) = try JSONReader.decode(try context.json()) { json in
            (json["sku"].line(length: 1...100), json["quantity"].integer(in: 1...LineQuantity.maximum))
        }
        return try respond(try await store.add(quantity, of: sku, to: key, ifMatch: try context.ifMatch()), .ok)
    }

    private func set(_ context: RequestContext) async throws -> Response {
        let key = try key(context)
        let quantity = try JSONReader.decode(try context.json()) { json in
            json["quantity"].integer(in: 0...LineQuantity.maximum)
        }
        let sku = context.parameters["sku"]
        return try respond(try await store.set(quantity, of: sku, in: key, ifMatch: try context.ifMatch()), .ok)
    }

    private func remove(_ context: RequestContext) async throws -> Response {
        let cart = try await store.remove(
            context.parameters["sku"], from: try key(context), ifMatch: try context.ifMatch())
        return try respond(cart, .ok)
    }

    // MARK: Reading and writing

    private func key(_ context: RequestContext) throws(Problem) -> CartStore.Key {
        guard let key = context.cartKey else { throw .noCart }
        return key
    }

    /// The tag is "version.hash", since new prices and stock change the response without a write.
    private func respond(_ cart: Cart, _ status: HTTPResponse.Status, token: String? = nil) throws -> Response {
        let body = try cart.json(token: token)
        return Response.json(status, bytes: body)
            .with(.eTag, EntityTag(version: cart.version, of: try token == nil ? body : cart.json()).description)
            // Responses to writes are not stored, and the first contains the token.
            .with(.cacheControl, CachePolicy.notStored)
    }

    /// A browser with two carts must not show one for the other.
    private static let vary = "X-Cart-Token"
}

extension RequestContext {
    /// The id and the token of the cart that the request names; nil where one is missing.
    var cartKey: CartStore.Key? {
        guard let id = parameters.uuid("id"), let token = request[.xCartToken] else { return nil }
        return CartStore.Key(id: id, tokenHash: RandomToken.hash(of: token))
    }
}

extension HTTPField.Name {
    /// The secret of a guest's cart.
    package static let xCartToken = constant("X-Cart-Token")
}
