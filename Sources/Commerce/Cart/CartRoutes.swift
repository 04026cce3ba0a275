import Formats
import FoundationEssentials
import HTTPServer
import HTTPTypes
import Web

/// Carts over HTTP. A guest's cart is reached with the secret given out when it was made; without it, it is not there.
package struct CartRoutes {
    let store: CartStore
    let defaultCurrency: String

    package func register(on router: Router) {
        router.post("/v1/carts") { context in try await create(context) }
        router.get("/v1/carts/{id}") { context in try await show(context) }
        router.delete("/v1/carts/{id}") { context in try await delete(context) }
        router.post("/v1/carts/{id}/items") { context in try await add(context) }
        router.put("/v1/carts/{id}/items/{sku}") { context in try await set(context) }
        router.delete("/v1/carts/{id}/items/{sku}") { context in try await remove(context) }
    }

    private func create(_ context: RequestContext) async throws -> Response {
        var currency = defaultCurrency
        if !context.request.body.isEmpty {
            let document = try context.json()
            currency = try JSONReader.decode(document) { json in
                json.optional("currency")?.parsed("must be an ISO 4217 currency code", standIn: "") {
                    CurrencyCode($0)?.code
                } ?? ""
            }
            if currency.isEmpty { currency = defaultCurrency }
        }
        let token = RandomToken.make()
        let cart = try await store.create(currency: currency, tokenHash: SHA256.hash(Array(token.utf8)))
        return try answer(cart, .created, token: token).with(.location, "/v1/carts/\(cart.id.text)")
    }

    private func show(_ context: RequestContext) async throws -> Response {
        guard let cart = try await store.cart(try key(context)) else { throw Problem.notFound("There is no such cart.") }
        let body = try cart.json()
        return Conditional.response(answer(cart, body), tag: tag(cart, body), to: context.request)
    }

    private func delete(_ context: RequestContext) async throws -> Response {
        try await store.delete(try key(context), ifMatch: try ifMatch(context))
        return .noContent
    }

    private func add(_ context: RequestContext) async throws -> Response {
        let key = try key(context)
        let (sku, quantity) = try JSONReader.decode(try context.json()) { json in
            (json["sku"].line(length: 1...100), json["quantity"].integer(in: 1...CartRules.maximumQuantity))
        }
        return try answer(try await store.add(quantity, of: sku, to: key, ifMatch: try ifMatch(context)), .ok)
    }

    private func set(_ context: RequestContext) async throws -> Response {
        let key = try key(context)
        let quantity = try JSONReader.decode(try context.json()) { json in
            json["quantity"].integer(in: 0...CartRules.maximumQuantity)
        }
        let sku = context.parameters["sku"]
        return try answer(try await store.set(quantity, of: sku, in: key, ifMatch: try ifMatch(context)), .ok)
    }

    private func remove(_ context: RequestContext) async throws -> Response {
        let cart = try await store.remove(
            context.parameters["sku"], from: try key(context), ifMatch: try ifMatch(context))
        return try answer(cart, .ok)
    }

    // MARK: Reading and writing

    private func key(_ context: RequestContext) throws(Problem) -> CartStore.Key {
        guard let id = context.parameters.uuid("id"), let token = context.request[.xCartToken], token.utf8.count <= 200 else {
            throw .notFound("There is no such cart.")
        }
        return CartStore.Key(id: id, tokenHash: SHA256.hash(Array(token.utf8)))
    }

    /// The versions that If-Match allows to write to; nil without one, or for `*`.
    private func ifMatch(_ context: RequestContext) throws(Problem) -> [Int64]? {
        guard let tags = try Conditional.ifMatch(context.request) else { return nil }
        // A tag is "version.hash": only the version tells of writes.
        return tags.compactMap { tag in tag.split(separator: ".").first.flatMap { Int64($0) } }
    }

    private func tag(_ cart: Cart, _ body: [UInt8]) -> EntityTag {
        EntityTag("\(cart.version).\(EntityTag(of: body).opaque)")
    }

    private func answer(_ cart: Cart, _ status: HTTPResponse.Status, token: String? = nil) throws -> Response {
        var response = answer(cart, try cart.json(token: token))
        response.status = status
        return response
    }

    private func answer(_ cart: Cart, _ body: [UInt8]) -> Response {
        Response.json(bytes: body).with(.eTag, tag(cart, body).text).with(.cacheControl, "private, no-cache")
    }
}
