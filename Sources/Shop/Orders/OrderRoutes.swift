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
    /// Signs the cursors of lists.
    private let cursorKey: AuthenticationKey
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
        keys: EncryptionKeys = .unprotected, cartChanged: @escaping (CartChangedEvent) -> Void = { _ in }
    ) {
        self.store = store
        self.checkout = checkout
        self.holds = holds
        self.languages = languages
        self.cartChanged = cartChanged
        cursorKey = keys.authentication(for: .cursors)
    }

    package func register(on router: Router) {
        router.post("/v1/orders", .json(upTo: Self.largestBody).open(to: .order)) { context in try await place(context) }
        router.get("/v1/orders", .open(to: .customer)) { context in try await list(context) }
        router.get("/v1/orders/{order}", .open(to: .order)) { context in try await show(context) }
        router.post("/v1/orders/{order}/cancel", .open(to: .order)) { context in try await cancel(context) }
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
        let account = context.principal?.account
        let key = try context.idempotencyKey()
        let order = try OrderRequest(try context.json())
        var principal = IdempotencyPrincipal.guest
        var cartToken: [UInt8]?
        if order.cart != nil, let token = context.request[.xCartToken] {
            principal = .cart(token: token)
            cartToken = RandomToken.hash(of: token)
        } else if let account {
            principal = .account(account)
            cartToken = order.cart == nil ? nil : CartStore.Key.opener(of: account)
        } else if order.cart == nil {
            try key.requireRandomForm()
        } else {
            throw Problem.noCart
        }
        let record = IdempotencyRecord(
            principal: principal, operation: "POST /v1/orders", key: key.text, body: context.request.body)
        let holder = holds?.holder(client: context.client, email: order.email)
        let placed = try await checkout.place(
            CheckoutRequest(
                order, cartTokenHash: cartToken, record: record, holder: holder, customer: account,
                locale: AcceptLanguage(context.request.head).preferred(of: languages), traceID: context.traceID))
        if let cart = order.cart, !placed.isReplay { cartChanged(CartChangedEvent(cart)) }
        return placed
    }

    // MARK: Reading and cancelling

    private func show(_ context: RequestContext) async throws -> Response {
        let (reference, key) = try reference(context)
        return try await respond(reference, key, context)
    }

    private func cancel(_ context: RequestContext) async throws -> Response {
        let (reference, key) = try reference(context)
        guard try await store.cancel(reference, key: key, reason: "cancelled by the shopper") else {
            throw Problem.noOrder
        }
        return try await respond(reference, key, context)
    }

    private func respond(
        _ reference: OrderReference, _ key: OrderKey, _ context: RequestContext
    ) async throws -> Response {
        guard let order = try await store.order(reference, key: key) else { throw Problem.noOrder }
        let body = order.json()
        // It contains a person's address, so not even the browser stores it.
        return try context.conditional(
            Response.json(bytes: body).with(.cacheControl, CachePolicy.notStored), tag: EntityTag(of: body))
    }

    /// The order that the request names, and what opens it: the token, or the account of a person who is signed in.
    private func reference(_ context: RequestContext) throws(Problem) -> (OrderReference, OrderKey) {
        guard let reference = OrderReference(context.parameters["order"]) else { throw .noOrder }
        if let token = context.request[.xOrderToken] { return (reference, .token(hash: RandomToken.hash(of: token))) }
        guard let account = context.principal?.account else { throw .noOrder }
        return (reference, .customer(account))
    }

    // MARK: Listing

    private func list(_ context: RequestContext) async throws -> Response {
        let customer = try context.requirePrincipal().account
        let page = try PageRequest(try context.query)
        let filter = CursorFilter(["orders", customer.text], key: cursorKey)
        let place = try page.place(for: filter)
        let (orders, hasMore) = try await store.orders(of: customer, limit: page.limit, after: place)
        let total = page.includesTotal ? try await store.orderCount(of: customer) : nil
        let next = hasMore ? orders.last?.place.text(for: filter) : nil
        let response = Response.json(capacity: 1_024 + orders.count * 1_024) { json in
            json.beginObject()
            json.key("data")
            json.beginArray()
            for order in orders { json.raw(order.json()) }
            json.endArray()
            json.field("next_cursor", next)
            if let total { json.field("total", total) }
            json.endObject()
        }.with(.cacheControl, CachePolicy.notStored)
        guard let next else { return response }
        return response.with(.link, "</v1/orders?limit=\(page.limit)&cursor=\(next)>; rel=\"next\"")
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
