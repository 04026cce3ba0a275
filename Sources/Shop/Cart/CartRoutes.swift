import Inventory
import Money
import Formats
import FoundationEssentials
import HTTPServer
import HTTPTypes
import PostgresClient
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
        router.post("/v1/carts", .json(upTo: Self.largestBody).open(to: .cart)) { context in try await create(context) }
        router.get("/v1/carts/{id}", .open(to: .cart)) { context in try await show(context) }
        router.delete("/v1/carts/{id}", .open(to: .cart)) { context in try await delete(context) }
        router.post("/v1/carts/{id}/items", .json(upTo: Self.largestBody).open(to: .cart)) { context in try await add(context) }
        router.put("/v1/carts/{id}/items/{sku}", .json(upTo: Self.largestBody).open(to: .cart)) { context in
            try await set(context)
        }
        router.delete("/v1/carts/{id}/items/{sku}", .open(to: .cart)) { context in try await remove(context) }
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
        let account = context.principal?.account
        let cart: Cart
        if let ended {
            guard let key = context.cartKey(id: ended), let made = try await create(from: key, currency, token, account) else {
                throw Problem.noCart
            }
            cart = made
        } else if let account {
            let (found, isNew) = try await store.cart(ofAccount: account, currency: currency ?? defaultCurrency)
            return try respond(found, isNew ? .created : .ok).with(.location, "/v1/carts/\(found.id.text)")
        } else {
            cart = try await store.create(currency: currency ?? defaultCurrency, tokenHash: token.hash)
        }
        return try respond(cart, .created, token: account == nil ? token.text : nil)
            .with(.location, "/v1/carts/\(cart.id.text)")
    }

    /// A new cart with the lines of an old one. A customer gets no token.
    /// - Throws: `Problem` (409) where the customer has an active cart.
    private func create(
        from key: CartStore.Key, _ currency: String?, _ token: RandomToken, _ account: UUID?
    ) async throws -> Cart? {
        guard let account else { return try await store.create(from: key, currency: currency, tokenHash: token.hash) }
        do {
            return try await store.create(
                from: key, currency: currency, tokenHash: CartStore.Key.opener(of: account), for: account)
        } catch let error as PostgresError where error.sqlState == SQLState.uniqueViolation {
            throw Problem(.cartActive, "You have an active cart. Use it.")
        }
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
    /// The id of the cart that the request names, and what opens it: the token, or the account of a person who is signed in. Nil where
    /// one is missing.
    var cartKey: CartStore.Key? { parameters.uuid("id").flatMap { cartKey(id: $0) } }

    func cartKey(id: UUID) -> CartStore.Key? {
        if let token = request[.xCartToken] { return CartStore.Key(id: id, tokenHash: RandomToken.hash(of: token)) }
        return principal.map { CartStore.Key(id: id, account: $0.account) }
    }
}

extension HTTPField.Name {
    /// The secret of a guest's cart.
    package static let xCartToken = constant("X-Cart-Token")
}
