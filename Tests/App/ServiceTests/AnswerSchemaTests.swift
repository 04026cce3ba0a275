import Formats
import Foundation
import HTTPServer
import PostgresClient
import RedisClient
import TestSupport
import Testing
import Web

@testable import Cart
@testable import Catalog
@testable import Inventory
@testable import Migrations
@testable import Money
@testable import OpenAPI
@testable import Orders
@testable import Service

/// What the values write is what the document says, without a server: drift is a failing test here first.
@Suite("Answers and their schemas")
struct AnswerSchemaTests {
    private let contract: OpenAPIContract
    private let id = UUID(high: 0x019a_2f6e_3c41_7d02, low: 0x9b1e_5f0c_8a7d_4e21)
    private let at = Timestamp(microseconds: 1_772_648_411_402_117)

    init() throws { contract = try OpenAPIContract(OpenAPIDocument.shop().json) }

    private func violations(of body: [UInt8], as schema: String) throws -> [SchemaViolation] {
        JSONSchemaChecker(document: contract.document, isClosed: true).violations(
            of: try JSONTree(body), by: try JSONTree(##"{"$ref": "#/components/schemas/\##(schema)"}"##))
    }

    private func line(
        _ quantity: Int = 2, seen: Int64 = 1_450, isOffered: Bool = true, available: Int = 84
    ) -> CartLine {
        CartLine(
            variant: id, sku: "MUG-FERN-GRN", product: id, name: "Fern Enamel Mug", slug: "fern-enamel-mug",
            variantName: "Fern green", image: isOffered ? Array(#"{"url":"/assets/a.svg","alt":""}"#.utf8) : nil,
            options: Array(#"{"colour":"Fern green"}"#.utf8),
            quantity: quantity, unitPrice: Money(1_450, "USD"), seenPrice: seen, isOffered: isOffered, available: available)
    }

    private func cart(_ lines: [CartLine], _ status: CartStatus = .active) -> Cart {
        Cart(id: id, version: 3, status: status, currency: "USD", updatedAt: at, expiresAt: at, lines: lines)
    }

    @Test("a cart, whatever is to be told of its lines") func carts() throws {
        let lines = [
            line(), line(1, seen: 1), line(999, available: 0), line(1, isOffered: false), line(5, available: 2),
            line(1, available: -3),
        ]
        var ordered = cart(lines, .converted)
        ordered.order = CartOrder(id: id, number: "K7Q4M-2X9HB", status: "expired")
        #expect(try violations(of: ordered.json(), as: "Cart") == [])
        #expect(try violations(of: ordered.json(token: RandomToken().text), as: "NewCart") == [])
        for status in [CartStatus.active, .converted, .merged, .expired, .unknown("held")] {
            #expect(try violations(of: cart(lines, status).json(), as: "Cart") == [])
        }
        #expect(try violations(of: cart([]).json(), as: "Cart") == [])
        let adjustments = try JSONTree(cart(lines).json())["items"]?.elements.map { $0["adjustment"]?.text }
        #expect(adjustments == [nil, "price_changed", "unavailable", "unavailable", "insufficient_stock", "unavailable"])
        #expect(try JSONTree(cart(lines).json())["items"]?.elements.map { $0["available"]?.number } == [84, 84, 0, 0, 2, 0])
    }

    @Test("a cart's secret is in the answer that makes it, and in no other") func cartToken() throws {
        let token = RandomToken().text
        #expect(try violations(of: cart([line()]).json(token: token), as: "NewCart") == [])
        #expect(try violations(of: cart([line()]).json(), as: "NewCart").map(\.keyword) == ["required"])
        #expect(try violations(of: cart([line()]).json(token: token), as: "Cart").map(\.keyword) == ["additionalProperties"])
    }

    @Test("a sum greater than an amount can be is a problem, not a wrong sum") func overflow() {
        let line = CartLine(
            variant: id, sku: "A", product: id, name: "A", slug: "a", variantName: "Default", image: nil,
            options: Array("{}".utf8), quantity: 2, unitPrice: Money(.max, "USD"), seenPrice: 0, isOffered: true, available: 1)
        #expect(throws: Problem.self) { try cart([line]).json() }
    }

    @Test("an order, at every status") func orders() throws {
        let line = OrderLine(
            variant: id, product: id, sku: "A", name: "A", options: Array("{}".utf8), image: nil, quantity: 2,
            unitPrice: Money(100, "USD"), tax: Money(0, "USD"), total: Money(200, "USD"))
        let totals = try #require(OrderTotals(lines: [line], currency: "USD"))
        let address = try JSONReader.decode(
            JSONValue.parse(Array(#"{"name":"Ada","line1":"1","city":"P","postal_code":"9","country":"US","phone":""}"#.utf8))
        ) { Address($0) }
        for status in OrderStatus.allCases + [.unknown("on_hold")] {
            for (place, payment) in (PaymentStatus.allCases + [.unknown("disputed")]).enumerated() {
                let order = Order(
                    id: id, number: OrderNumber.make(random: 7), status: status, paymentStatus: payment, email: "ada@example.com",
                    locale: place.isMultiple(of: 2) ? nil : "de", lines: [line], totals: totals, shippingAddress: address.json(),
                    history: [
                        OrderEvent(status: .pendingPayment, at: at, reason: "placed"),
                        OrderEvent(status: status, at: at, reason: nil),
                    ],
                    createdAt: at)
                #expect(try violations(of: order.json(), as: "Order") == [])
                #expect(try violations(of: order.json(accessToken: RandomToken().text).body, as: "PlacedOrder") == [])
                #expect(
                    try violations(of: order.json(accessToken: "x").body, as: "Order").map(\.keyword) == ["additionalProperties"])
            }
        }
    }

    @Test("a list of products, with and without what may be missing") func lists() throws {
        for (next, total) in [
            (nil, nil), ("abc_-", ProductTotal(counted: 7)), ("abc", nil), ("a", ProductTotal(counted: 10_001)),
        ] as [(String?, ProductTotal?)] {
            let list = ProductList(variants: [], available: [], next: next, link: next, total: total).loaded { _ in }
            #expect(try violations(of: list.document.filled(with: list.available), as: "ProductList") == [])
        }
    }

    @Test("categories") func categories() throws {
        let root = Catalog.Category(id: id, parent: nil, slug: "home", name: "Home", path: "home", products: 1)
        let child = Catalog.Category(
            id: UUID(high: 0, low: 2), parent: id, slug: "kitchen", name: "Kitchen", path: "home/kitchen", products: 2)
        let tree = CategoryTree([root, child])
        #expect(try violations(of: tree.json(), as: "CategoryList") == [])
        #expect(try violations(of: tree.json(of: root), as: "Category") == [])
        #expect(try violations(of: CategoryTree([]).json(), as: "CategoryList") == [])
    }

    @Test("health, however it stands") func health() throws {
        for isDraining in [false, true] {
            for schema in [HealthState.Schema.unknown, .behind, .current] {
                let checks = [nil, HealthState.Check(isUp: false, latency: 1), HealthState.Check(isUp: true, latency: .max)]
                let phases: [(BreakerPhase, ReplicaStatus.Phase)] = [(.closed, .ok), (.open, .behind), (.halfOpen, .down)]
                for (redis, (breaker, replica)) in zip(checks, phases) {
                    for now in [0, 5_000_000_000, UInt64.max] {
                        var state = HealthState(started: 1)
                        state.isDraining = isDraining
                        state.schema = schema
                        state.redis = redis
                        state.breaker = breaker
                        state.replica = redis.map { ReplicaStatus(phase: replica, latency: $0.latency) }
                        state.postgres = redis
                        let answer = OpenAPIContract.Answer(
                            status: state.status(at: now).isServing ? 200 : 503,
                            headers: [
                                (name: "Content-Type", value: "application/json"), (name: "Cache-Control", value: "no-store"),
                                (name: "X-Request-Id", value: "a"),
                            ], body: state.json(at: now, version: "1.0.0"))
                        #expect(contract.violations(of: answer, to: "GET", "/health") == [])
                    }
                }
            }
        }
    }

    // MARK: Problems

    /// A problem as it is sent.
    private func answer(_ problem: Problem) -> OpenAPIContract.Answer {
        let response = problem.response(requestID: "id-1")
        let lines = String(decoding: response.headers.bytes, as: UTF8.self).split(separator: "\r\n")
        let fields = lines.compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
        return OpenAPIContract.Answer(
            status: Int(response.status.code), headers: fields + [(name: "X-Request-Id", value: "id-1")], body: response.body)
    }

    private func problem(_ body: () throws -> Void) throws -> Problem {
        do { try body() } catch let error as any ProblemConvertible { return error.problem }
        throw TestFailure("no problem")
    }

    private func refusedOrderProblems() throws -> [Problem] {
        let variant = StockedVariant(
            variant: id, product: id, sku: "A", name: "A", options: Array("{}".utf8), image: nil, price: Money(100, "USD"),
            isOffered: true,
            onHand: 1, reserved: 0)
        let two = try #require(RequestedQuantities([OrderRequest.Item(sku: "A", quantity: 2)]))
        let one = try #require(RequestedQuantities([OrderRequest.Item(sku: "A", quantity: 1)]))
        return [
            try problem { _ = try CheckoutRules.price(two, of: AvailableStock([variant]), expected: nil) },
            try problem { _ = try CheckoutRules.price(one, of: AvailableStock([variant]), expected: Money(1, "USD")) },
            try problem { _ = try CheckoutRules.price(one, of: AvailableStock([]), expected: nil) },
            try problem { _ = try CheckoutRules.price(RequestedQuantities(), of: AvailableStock([]), expected: nil) },
            try problem { _ = try CheckoutRules.price(one, of: AvailableStock([variant]), currency: "EUR", expected: nil) },
            try problem { _ = try CheckoutRules.price(one, of: AvailableStock([]), currency: "USD", expected: nil) },
            Problem(.cartConverted), .cartConverted(CartOrder(id: id, number: "K7Q4M-2X9HB", status: "expired")),
            .idempotencyInFlight, Problem(.idempotencyKeyReused), .amountTooLarge, .unavailable(retryAfter: 1),
            Problem(.idempotencyKeyRequired), Problem(.malformedJSON, "x").with("offset", .number(JSONNumber(3))),
            Problem(.emptyBody),
            Problem(.unsupportedMediaType), Problem.internalError(TestFailure("x")),
            try problem { _ = try OrderRequest(JSONValue.parse(Array("{}".utf8))) },
        ]
    }

    @Test("what refuses an order") func refusedOrders() throws {
        for problem in try refusedOrderProblems() {
            #expect(contract.violations(of: answer(problem), to: "POST", "/v1/orders") == [], "\(problem.kind.code)")
        }
    }

    /// What the rules refuse when several orders are decided together.
    private func refusedCheckouts() throws -> [Problem] {
        let token = RandomToken()
        let body =
            #"{"cart_id":"\#(id.text)","cart_version":2,"email":"a@b.co","shipping_address":{"name":"A","line1":"1","country":"MO"}}"#
        let order = try OrderRequest(JSONValue.parse(Array(body.utf8)))
        func request(_ key: String) throws -> CheckoutRequest {
            try CheckoutRequest(
                order, cartTokenHash: token.hash,
                record: IdempotencyRecord(principal: .cart(token: token.text), operation: "", key: key, body: []))
        }
        let requests = try ["a", "b", "c", "d"].map(request)
        let head = CheckoutSnapshot.CartHead(tokenHash: token.hash, version: 3, status: .active, currency: "USD")
        let kept = CheckoutSnapshot.StoredResponse(requestHash: [], location: "", body: nil, sealed: nil)
        let keptInvalid = CheckoutSnapshot.StoredResponse(
            requestHash: requests[3].record.requestHash, location: "", body: nil, sealed: [])
        var batch = CheckoutBatch(
            CheckoutSnapshot(
                time: at, hasKeyLock: [true, false, true, true],
                stored: [requests[2].record.id: kept, requests[3].record.id: keptInvalid], carts: [id: head], orders: [:],
                cartLines: [:], stock: AvailableStock([])), ResponseSeal(.unprotected))
        return requests.enumerated().compactMap { index, request in
            if case .refused(let problem) = batch.decide(request, at: index) { problem } else { nil }
        }
    }

    /// What the rules refuse of a client with unpaid orders.
    private func refusedHoldings() throws -> [Problem] {
        let line = OrderLine(
            variant: id, product: id, sku: "A", name: "A", options: Array("{}".utf8), image: nil, quantity: 4,
            unitPrice: Money(1, "USD"), tax: Money(0, "USD"), total: Money(4, "USD"))
        let holder = Holder(client: [1], email: [2])
        var holdings = Holdings()
        holdings.add([line], of: holder)
        return try [
            (\HoldLimits.ordersPerClient, 1), (\.ordersPerEmail, 1), (\.unitsPerClient, 7), (\.unitsPerEmail, 7), (\.pieces, 7),
        ]
        .map { limit, value in
            var limits = HoldLimits()
            limits[keyPath: limit] = value
            return try problem { try holdings.check([line], of: holder, limits) { _ in 0 } }
        }
    }

    @Test("what refuses an order among others, or of a client with unpaid orders") func refusedTogether() throws {
        let problems = try refusedCheckouts() + refusedHoldings()
        #expect(
            problems.map(\.kind) == [
                .cartChanged, .idempotencyInFlight, .idempotencyKeyReused, .unavailable, .openOrdersLimit, .openOrdersLimit,
                .heldUnitsLimit, .heldUnitsLimit, .heldShareLimit,
            ])
        for problem in problems {
            #expect(contract.violations(of: answer(problem), to: "POST", "/v1/orders") == [], "\(problem.kind.code)")
        }
    }

    @Test("every problem that the rules of carts and orders throw is declared, and every declared one is thrown")
    func declared() throws {
        let thrown = Set(
            try (refusedOrderProblems() + refusedCheckouts() + refusedHoldings() + refusedCartProblems()).map(\.kind)
                // What the rate limit throws.
                + [.tooManyOrders]
                + refusedTransitions().map(\.kind))
        #expect(thrown.subtracting(try OpenAPIDocument.shop().problems) == [])
        let own = Set(OpenAPIFragment.cart.problems + OpenAPIFragment.orders.problems)
        #expect(own.subtracting(thrown) == [])
    }

    @Test("what refuses a write to a cart") func refusedCarts() throws {
        for problem in try refusedCartProblems() {
            let path = problem.kind == .cartActive ? "/v1/carts" : "/v1/carts/x/items"
            #expect(contract.violations(of: answer(problem), to: "POST", path) == [], "\(problem.kind.code)")
        }
        let stale = try problem {
            try CartRules.checkWritable(status: .active, version: 1, expected: .tags([EntityTag(opaque: Array("2.x".utf8))]))
        }
        for problem in [stale, .notFound, try problem { _ = try CartRules.adding(1, to: 999, lines: 1) }] {
            #expect(contract.violations(of: answer(problem), to: "PUT", "/v1/carts/x/items/A") == [])
        }
    }

    private func refusedCartProblems() throws -> [Problem] {
        try [CartStatus.converted, .merged, .expired, .unknown("held")].map { status in
            try problem { try CartRules.checkWritable(status: status, version: 1, expected: nil) }
        } + [
            try problem { _ = try CartRules.linesAgain(of: cart([])) },
            try problem { try CartRules.checkCurrency("EUR", of: "A", in: "USD") },
        ]
    }

    private func refusedTransitions() throws -> [Problem] {
        try (OrderStatus.allCases + [.unknown("on_hold")]).filter { !$0.next.contains(.cancelled) }.map { from in
            try problem { try from.checkTransition(to: .cancelled) }
        }
    }

    @Test("what refuses a list, and a transition of an order") func others() throws {
        let query = try #require(QueryParameters("min_price=x&sort=y"))
        for problem in [try problem { _ = try ProductFilter(query) }, Problem(.invalidCursor), Problem(.malformedQuery)] {
            #expect(contract.violations(of: answer(problem), to: "GET", "/v1/products?x=1") == [])
        }
        for problem in try refusedTransitions() {
            #expect(contract.violations(of: answer(problem), to: "POST", "/v1/orders/x/cancel") == [])
        }
    }

    @Test("a code where it does not belong is noticed") func strangers() {
        #expect(contract.violations(of: answer(Problem(.cartConverted)), to: "POST", "/v1/orders/x/cancel") != [])
        #expect(
            contract.violations(
                of: answer(Problem(ProblemKind(.conflict, "new_code", "New code", "x"))), to: "POST", "/v1/orders") != [])
        #expect(contract.violations(of: answer(Problem.notFound.with("extra", .null)), to: "GET", "/v1/orders/x") != [])
    }
}
