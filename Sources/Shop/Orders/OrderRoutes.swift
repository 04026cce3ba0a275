import Cart
import Formats
import FoundationEssentials
import HTTPServer
import HTTPTypes
import Web

/// Orders over HTTP. A guest's order needs the token from when it was placed.
package struct OrderRoutes {
    let store: OrderStore
    private let checkout: CheckoutQueue
    /// Nil without limits on unpaid orders.
    private let holds: HoldPolicy?
    private let languages: [String]
    private let cartChanged: (CartChangedEvent) -> Void
    private let metrics = OrderMetrics()
    /// Three times a hundred lines and two addresses.
    private static let largestBody = 64 << 10

    /// - Parameters:
    ///   - holds: the limits on unpaid orders; nil for none
    ///   - languages: those in which the shop can write to a shopper, as in `de`; an order gets the one that its request prefers
    ///   - cartChanged: called for every cart that became an order
    package init(
        store: OrderStore, checkout: CheckoutQueue, holds: HoldPolicy? = nil, languages: [String] = [],
        cartChanged: @escaping (CartChangedEvent) -> Void = { _ in }
    ) {
        self.store = store
        self.checkout = checkout
        self.holds = holds
        self.languages = languages
        self.cartChanged = cartChanged
    }

    package func register(on router: Router) {
        router.post("/v1/orders", .json(upTo: Self.largestBody)) { context in try await place(context) }
        router.get("/v1/orders/{order}") { context in try await show(context) }
        router.post("/v1/orders/{order}/cancel") { context in try await cancel(context) }
    }

    // MARK: Placing

    private func place(_ context: RequestContext) async throws -> Response {
        let placed: CheckoutResponse
        do {
            placed = try await attempt(context)
            metrics.ended(placed)
        } catch {
            metrics.ended(error)
            throw error
        }
        var response = Response.json(.created, bytes: placed.body)
            .with(.location, placed.location)
            .with(.eTag, placed.tag.description)
            .with(.cacheControl, CachePolicy.notStored)
        if placed.isReplay { response.headers.append(.idempotentReplayed, "true") }
        return response
    }

    private func attempt(_ context: RequestContext) async throws -> CheckoutResponse {
        // Without an account, the client is identified by the cart's token, or by the key alone.
        let key = try context.idempotencyKey()
        let order = try OrderRequest(try context.json())
        var principal = IdempotencyPrincipal.guest
        var cartToken: [UInt8]?
        if order.cart == nil {
            try key.requireRandomForm()
        } else {
            guard let token = context.request[.xCartToken] else { throw Problem.noCart }
            principal = .cart(token: token)
            cartToken = RandomToken.hash(of: token)
        }
        let record = IdempotencyRecord(
            principal: principal, operation: "POST /v1/orders", key: key.text, body: context.request.body)
        let holder = holds?.holder(client: context.client, email: order.email)
        let placed = try await checkout.place(
            CheckoutRequest(
                order, cartTokenHash: cartToken, record: record, holder: holder,
                locale: AcceptLanguage(context.request.head).preferred(of: languages), traceID: context.traceID))
        if let cart = order.cart, !placed.isReplay { cartChanged(CartChangedEvent(cart)) }
        return placed
    }

    // MARK: Reading and cancelling

    private func show(_ context: RequestContext) async throws -> Response {
        let (reference, tokenHash) = try reference(context)
        return try await respond(reference, tokenHash, context)
    }

    private func cancel(_ context: RequestContext) async throws -> Response {
        let (reference, tokenHash) = try reference(context)
        guard try await store.cancel(reference, tokenHash: tokenHash, reason: "cancelled by the shopper") else {
            throw Problem.noOrder
        }
        return try await respond(reference, tokenHash, context)
    }

    private func respond(
        _ reference: OrderReference, _ tokenHash: [UInt8], _ context: RequestContext
    ) async throws -> Response {
        guard let order = try await store.order(reference, tokenHash: tokenHash) else { throw Problem.noOrder }
        let body = order.json()
        // It contains a person's address, so not even the browser stores it.
        return try context.conditional(
            Response.json(bytes: body).with(.cacheControl, CachePolicy.notStored), tag: EntityTag(of: body))
    }

    private func reference(_ context: RequestContext) throws(Problem) -> (OrderReference, [UInt8]) {
        guard let reference = OrderReference(context.parameters["order"]), let token = context.request[.xOrderToken] else {
            throw .noOrder
        }
        return (reference, RandomToken.hash(of: token))
    }
}

extension RouteLimit {
    /// The rate of placing orders.
    package static func orders(_ policies: [RatePolicy]) -> RouteLimit {
        RouteLimit(.post, "/v1/orders", policies: policies, refusal: .tooManyOrders) { policy in
            let time = policy.window == 60 ? "a minute" : policy.window == 86_400 ? "a day" : "\(policy.window) seconds"
            return "From your IP address, at most \(policy.quota) orders can be sent in \(time)."
        }
    }
}

extension HTTPField.Name {
    /// The secret of a guest's order.
    package static let xOrderToken = constant("X-Order-Token")
}
