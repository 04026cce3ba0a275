import Formats
import Foundation
import TestSupport
import Testing
import Web

@testable import Cart
@testable import Inventory
@testable import Money
@testable import Orders

@Suite("Checkout batch")
struct CheckoutBatchTests {
    private let at = Timestamp(microseconds: 1_800_000_000_000_000)
    private let seal = ResponseSeal(EncryptionKeys(secret: "a"))

    private func variant(_ number: Int, available: Int, currency: String = "USD") -> StockedVariant {
        StockedVariant(
            variant: UUID(high: 1, low: UInt64(number)), product: UUID(high: 2, low: UInt64(number)), sku: "S\(number)",
            name: "Thing \(number)", options: Array("{}".utf8), image: nil, price: Money(Int64(100 + number), currency),
            isOffered: true, onHand: available + 3, reserved: 3)
    }

    private func request(_ fields: String) throws -> OrderRequest {
        let address = #"{"name":"A","line1":"1","city":"C","postal_code":"1","country":"GB"}"#
        let body = #"{\#(fields),"email":"a@example.com","shipping_address":\#(address)}"#
        return try OrderRequest(JSONValue.parse(Array(body.utf8)))
    }

    private func checkout(_ order: OrderRequest, key: String, token: String? = nil) throws -> CheckoutRequest {
        try CheckoutRequest(
            order, cartTokenHash: token.map { RandomToken.hash(of: $0) },
            record: IdempotencyRecord(
                principal: token.map { .cart(token: $0) } ?? .guest, operation: "POST /v1/orders", key: key, body: Array(key.utf8)
            ))
    }

    private func snapshot(
        count: Int, stock: [StockedVariant], stored: [[UInt8]: CheckoutSnapshot.StoredResponse] = [:],
        carts: [UUID: CheckoutSnapshot.CartHead] = [:],
        lines: [UUID: RequestedQuantities] = [:], orders: [UUID: CartOrder] = [:], taken: Set<Int> = []
    ) -> CheckoutSnapshot {
        CheckoutSnapshot(
            time: at, hasKeyLock: (0..<count).map { !taken.contains($0) }, stored: stored, carts: carts, orders: orders,
            cartLines: lines, stock: AvailableStock(stock))
    }

    private func code(_ outcome: CheckoutOutcome) -> String? {
        if case .refused(let problem) = outcome { problem.kind.code } else { nil }
    }

    private func isPlaced(_ outcome: CheckoutOutcome) -> Bool {
        if case .completed(let response) = outcome { !response.isReplay } else { false }
    }

    @Test("an order of a batch is placed exactly if the earlier ones have left enough stock") func model()
        throws
    {
        var random = SeededGenerator(seed: 7)
        var placedOrders = 0, refused = 0
        for _ in 0..<400 {
            let stock = (0..<6).map { _ in Int.random(in: 0...12, using: &random) }
            var left = stock
            let wants = (0..<Int.random(in: 1...32, using: &random)).map { _ in
                (0..<6).shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random))
                    .map { (number: $0, quantity: Int.random(in: 1...3, using: &random)) }
            }
            var batch = CheckoutBatch(
                snapshot(count: wants.count, stock: stock.enumerated().map { variant($0, available: $1) }), seal)
            for (place, want) in wants.enumerated() {
                let items = want.map { #"{"sku":"S\#($0.number)","quantity":\#($0.quantity)}"# }.joined(separator: ",")
                let outcome = batch.decide(try checkout(request(#""items":[\#(items)]"#), key: "k\(place)"), at: place)
                if want.allSatisfy({ left[$0.number] >= $0.quantity }) {
                    for line in want { left[line.number] -= line.quantity }
                    #expect(isPlaced(outcome))
                    placedOrders += 1
                } else {
                    #expect(code(outcome) == "insufficient_stock")
                    refused += 1
                }
            }
            let lines = batch.placed.flatMap(\.order.lines)
            for number in 0..<6 {
                #expect(lines.filter { $0.sku == "S\(number)" }.map(\.quantity).reduce(0, +) == stock[number] - left[number])
            }
            #expect(Set(batch.placed.map(\.order.id)).count == batch.placed.count)
            #expect(Set(batch.placed.map(\.order.number)).count == batch.placed.count)
            #expect(Set(batch.placed.map(\.tokenHash)).count == batch.placed.count)
        }
        #expect(placedOrders > 1_000 && refused > 1_000)
    }

    @Test("a stored response is returned again; a key in flight or with another body is refused; other orders go on") func keys()
        throws
    {
        let order = try request(#""items":[{"sku":"S1","quantity":1}]"#)
        let all = try (0..<6).map { try checkout(order, key: "k\($0)") }
        let document = OrderDocument(bytes: Array(#"{"id":"1","status":"new"}"#.utf8), tokenIndex: 9)
        let location = "/v1/orders/x"
        func stored(_ place: Int, requestHash: [UInt8]? = nil) -> CheckoutSnapshot.StoredResponse {
            CheckoutSnapshot.StoredResponse(
                requestHash: requestHash ?? all[place].record.requestHash, location: location, body: nil,
                sealed: seal.seal("token", in: document, tag: document.tag, location: location, for: all[place].record),
                document: document.bytes)
        }
        let known = [
            all[1].record.id: stored(1), all[2].record.id: stored(2, requestHash: [0]), all[4].record.id: stored(4),
            all[5].record.id: stored(1, requestHash: all[5].record.requestHash),
        ]
        // A stored response comes before a key in flight.
        var batch = CheckoutBatch(snapshot(count: 6, stock: [variant(1, available: 9)], stored: known, taken: [0, 1, 2]), seal)
        let outcomes = all.enumerated().map { batch.decide($1, at: $0) }
        #expect(code(outcomes[0]) == "idempotency_in_flight" && code(outcomes[2]) == "idempotency_key_reused")
        if case .completed(let replay) = outcomes[1] {
            #expect(
                replay.isReplay && replay.body == document.bytes(accessToken: "token") && replay.tag == document.tag
                    && replay.location == location)
        } else {
            Issue.record("no replay")
        }
        #expect(isPlaced(outcomes[3]) && batch.placed.count == 1)
        if case .completed(let replay) = outcomes[4] { #expect(replay.isReplay) } else { Issue.record("no replay") }
        // Sealed for another request, or with another secret.
        #expect(code(outcomes[5]) == "unavailable")
        var other = CheckoutBatch(
            snapshot(count: 2, stock: [variant(1, available: 9)], stored: known), ResponseSeal(EncryptionKeys(secret: "b")))
        #expect(code(other.decide(all[1], at: 1)) == "unavailable" && other.placed.isEmpty)
    }

    @Test("a response that release 1.0 stored unsealed is only for the holder of the order's cart") func former() throws {
        let cart = UUID(high: 9, low: 9)
        let order = try request(#""cart_id":"\#(cart.text)""#)
        let owner = try checkout(order, key: "k", token: "right"), stranger = try checkout(order, key: "k", token: "wrong")
        let body = Array(#"{"id":"i","number":"n","access_token":"t","total":1}"#.utf8)
        let former = try #require(owner.record.formerID)
        let guest = IdempotencyRecord(principal: .guest, operation: "POST /v1/orders", key: "k", body: Array("k".utf8))
        #expect(former == guest.id && former == stranger.record.formerID && owner.record.id != stranger.record.id)
        let head = CheckoutSnapshot.CartHead(
            tokenHash: RandomToken.hash(of: "right"), version: 1, status: .converted, currency: "USD")
        for (hash, isSame) in [(owner.record.requestHash, true), ([0], false)] {
            let stored = [former: CheckoutSnapshot.StoredResponse(requestHash: hash, location: "l", body: body, sealed: nil)]
            var batch = CheckoutBatch(snapshot(count: 2, stock: [], stored: stored, carts: [cart: head]), seal)
            if isSame, case .completed(let response) = batch.decide(owner, at: 0) {
                #expect(
                    response.isReplay && response.body == body
                        && response.tag == EntityTag(of: Array(#"{"id":"i","number":"n","total":1}"#.utf8)))
            } else {
                #expect(!isSame && code(batch.decide(owner, at: 0)) == "cart_converted")
            }
            #expect(code(batch.decide(stranger, at: 1)) == "not_found")
        }
    }

    @Test("a cart becomes one order, needs its token, and must have the expected version") func carts() throws {
        let id = UUID(high: 9, low: 9)
        var lines = RequestedQuantities()
        let isAdded = lines.add("S1", 2)
        #expect(isAdded)
        let head = CheckoutSnapshot.CartHead(tokenHash: RandomToken.hash(of: "7"), version: 3, status: .active, currency: "USD")
        let cart = #""cart_id":"\#(id.text)""#
        let requests = [
            (try request(cart), "8", "not_found"), (try request(cart + #","cart_version":2"#), "7", "cart_changed"),
            (try request(cart + #","cart_version":3"#), "7", nil), (try request(cart), "7", "cart_converted"),
            (try request(#""cart_id":"\#(UUID(high: 9, low: 8).text)""#), "7", "not_found"),
        ]
        var batch = CheckoutBatch(
            snapshot(
                count: requests.count, stock: [variant(1, available: 9)], carts: [id: head], lines: [id: lines]), seal)
        for (place, (request, token, expected)) in requests.enumerated() {
            let outcome = batch.decide(try checkout(request, key: "k\(place)", token: token), at: place)
            #expect(code(outcome) == expected)
            #expect(isPlaced(outcome) == (expected == nil))
        }
        #expect(batch.placed.map(\.request.order.cart) == [id] && batch.placed.first?.order.lines.map(\.quantity) == [2])
    }

    @Test("a variant that has changed to another currency is no longer offered to a cart") func currency() throws {
        let id = UUID(high: 9, low: 9)
        var lines = RequestedQuantities()
        let isAdded = lines.add("S1", 1)
        #expect(isAdded)
        let head = CheckoutSnapshot.CartHead(tokenHash: RandomToken.hash(of: "7"), version: 1, status: .active, currency: "USD")
        var batch = CheckoutBatch(
            snapshot(
                count: 2, stock: [variant(1, available: 9, currency: "EUR")], carts: [id: head], lines: [id: lines]), seal)
        let outcome = batch.decide(try checkout(request(#""cart_id":"\#(id.text)""#), key: "a", token: "7"), at: 0)
        #expect(code(outcome) == "insufficient_stock")
        #expect(isPlaced(batch.decide(try checkout(request(#""items":[{"sku":"S1","quantity":1}]"#), key: "b"), at: 1)))
    }

    @Test("a cart that is expired, merged, empty or of an unknown status is refused") func deadCarts() throws {
        let id = UUID(high: 9, low: 9)
        for (status, expected) in [
            (CartStatus.expired, "cart_expired"), (.merged, "cart_merged"), (.active, "cart_empty"),
            (.unknown("held"), "conflict"),
        ] {
            let head = CheckoutSnapshot.CartHead(
                tokenHash: RandomToken.hash(of: "7"), version: 1, status: status, currency: "USD")
            var batch = CheckoutBatch(snapshot(count: 1, stock: [], carts: [id: head]), seal)
            #expect(
                code(batch.decide(try checkout(request(#""cart_id":"\#(id.text)""#), key: "a", token: "7"), at: 0)) == expected)
        }
    }

    @Test("SKUs are compared by their bytes") func bytes() {
        var twin = variant(1, available: 1)
        twin = StockedVariant(
            variant: twin.variant, product: twin.product, sku: "caf\u{e9}", name: "", options: [], image: nil, price: twin.price,
            isOffered: true, onHand: 1, reserved: 0)
        let stock = AvailableStock([twin])
        #expect(stock["caf\u{e9}"] != nil && stock["cafe\u{301}"] == nil)
    }
}
