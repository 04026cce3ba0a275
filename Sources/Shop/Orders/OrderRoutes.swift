import Cart
import Formats
import FoundationEssentials
import HTTPServer
import HTTPTypes
import Web

/// Orders over HTTP. A guest's order is reached with the secret given out when it was placed.
package struct OrderRoutes {
    let store: OrderStore
    private let placing: CheckoutQueue
    /// Nil: a client may hold as much as there is.
    private let holds: HoldPolicy?
    private let cartChanged: (CartChangedEvent) -> Void
    private let metrics = OrderMetrics()
    /// A hundred lines and two addresses are a third of it.
    private static let largestBody = 64 << 10

    /// - Parameters:
    ///   - holds: the bounds on what a client may hold; nil for none
    ///   - cartChanged: told of every cart that became an order
    package init(
        store: OrderStore, placing: CheckoutQueue, holds: HoldPolicy? = nil,
        cartChanged: @escaping (CartChangedEvent) -> Void = { _ in }
    ) {
        self.store = store
        self.placing = placing
        self.holds = holds
        self.cartChanged = cartChanged
    }

    package func register(on router: Router) {
        router.post("/v1/orders", .json(upTo: Self.largestBody)) { context in try await place(context) }
        router.get("/v1/orders/{order}") { context in try await show(context) }
        router.post("/v1/orders/{order}/cancel") { context in try await cancel(context) }
    }

    private func place(_ context: RequestContext) async throws -> Response {
        let answer: PlacementAnswer
        do {
            answer = try await attempt(context)
            metrics.ended(answer)
        } catch {
            metrics.ended(error)
            throw error
        }
        var response = Response.json(.created, bytes: answer.body)
            .with(.location, answer.location)
            .with(.eTag, answer.tag.description)
            .with(.cacheControl, CachePolicy.notStored)
        if answer.isReplay { response.headers.append(.idempotentReplayed, "true") }
        return response
    }

    private func attempt(_ context: RequestContext) async throws -> PlacementAnswer {
        // Accounts come later; until then who asks is known by a cart's token, or by the key alone.
        let key = try context.idempotencyKey()
        let request = try OrderRequest(try context.json())
        var principal = IdempotencyPrincipal.guest
        var cartToken: [UInt8]?
        if request.cart == nil {
            try key.requireRandomForm()
        } else {
            guard let token = context.request[.xCartToken] else { throw Problem.noCart }
            principal = .cart(token: token)
            cartToken = RandomToken.hash(of: token)
        }
        let record = IdempotencyRecord(
            principal: principal, operation: "POST /v1/orders", key: key.text, body: context.request.body)
        let holder = holds?.holder(client: context.client, email: request.email)
        let answer = try await placing.place(request, cartTokenHash: cartToken, record: record, holder: holder)
        if case .cart(let cart, _) = request.source, !answer.isReplay { cartChanged(CartChangedEvent(cart)) }
        return answer
    }

    private func show(_ context: RequestContext) async throws -> Response {
        let (name, tokenHash) = try name(context)
        return try await answer(name, tokenHash, context)
    }

    private func cancel(_ context: RequestContext) async throws -> Response {
        let (name, tokenHash) = try name(context)
        guard try await store.cancel(name, tokenHash: tokenHash, reason: "cancelled by the shopper") else { throw Self.unknown }
        return try await answer(name, tokenHash, context)
    }

    private func answer(_ name: OrderReference, _ tokenHash: [UInt8], _ context: RequestContext) async throws -> Response {
        guard let order = try await store.order(name, tokenHash: tokenHash) else { throw Self.unknown }
        let body = order.json()
        // A person's address is in it: not even the browser keeps it.
        return try context.conditional(
            Response.json(bytes: body).with(.cacheControl, CachePolicy.notStored), tag: EntityTag(of: body))
    }

    private func name(_ context: RequestContext) throws(Problem) -> (OrderReference, [UInt8]) {
        guard let name = OrderReference(context.parameters["order"]), let token = context.request[.xOrderToken] else {
            throw Self.unknown
        }
        return (name, RandomToken.hash(of: token))
    }

    private static let unknown = Problem.notFound("There is no such order.")
}
