import Foundation
import Testing
import TestSupport

/// Orders that many place and end at once, on two services that share a database as two tasks of a fleet do.
@Suite(.shop(RaceGoods.shelf, environments: [[:], [:]]))
struct OrderRaceAPITests {
    /// How often each status and code came.
    private func tally(_ answers: [[Answer]]) -> [String: Int] {
        answers.joined().reduce(into: [:]) { $0["\($1.status) \($1.code)", default: 0] += 1 }
    }

    @Test("64 clients with 50 checkouts each sell exactly the 100 there are; all others are told so")
    func flashSale() async throws {
        let answers = try await Crowd.run(64, of: Shop.current) { _, client in
            try (0..<50).map { _ in try client.order([("SALE", 1)]) }
        }
        #expect(tally(answers) == ["201 ": 100, "409 insufficient_stock": 3_100])
        #expect(Set(answers.joined().filter { $0.status == 201 }.map { $0["id"].text }).count == 100)
        #expect(try await Shop.current.available("SALE") == 0)
    }

    @Test("100 parallel posts with one key make one order, and each gets that order or 409 in flight")
    func oneKey() async throws {
        let key = Shop.newKey()
        let answers = try await Crowd.run(100, of: Shop.current) { _, client in try client.order([("KEYED", 1)], key: key) }
        #expect(Set(answers.filter { $0.status == 201 }.map(\.response.text)).count == 1)
        #expect(answers.count { $0.status == 201 && $0.header("Idempotent-Replayed") == nil } == 1)
        #expect(
            answers.allSatisfy { $0.status == 201 || ($0.status == 409 && $0.code == "idempotency_in_flight") },
            "\(tally([answers]))")
        #expect(try await Shop.current.available("KEYED") == 999)
        let again = try await ShopClient(Shop.current).order([("KEYED", 1)], key: key)
        #expect(again.status == 201 && again.header("Idempotent-Replayed") == "true")
    }

    @Test("one cart ordered by 20 at once, each with a key of its own, is one order")
    func oneCart() async throws {
        let client = ShopClient(try Shop.current)
        for _ in 0..<5 {
            let cart = try await client.makeCart()
            try await client.add("CARTED", 1, to: cart)
            let answers = try await Crowd.run(20, of: Shop.current) { _, client in try client.order(cart) }
            #expect(tally([answers]) == ["201 ": 1, "409 cart_converted": 19])
        }
        #expect(try await Shop.current.available("CARTED") == 995)
    }

    @Test("a cart that is written to while it is ordered is ordered as one of its versions, and never changed after")
    func writesAgainstOrder() async throws {
        let client = ShopClient(try Shop.current)
        for _ in 0..<5 {
            let cart = try await client.makeCart()
            try await client.add("WRITTEN", 1, to: cart)
            let answers = try await Crowd.run(8, of: Shop.current) { number, client in
                number == 0 ? try client.order(cart) : try client.add("WRITTEN", 1, to: cart)
            }
            let order = answers[0]
            #expect(order.status == 201)
            #expect(answers.dropFirst().allSatisfy { $0.status == 200 || $0.code == "cart_converted" })
            let count = 1 + answers.dropFirst().count { $0.status == 200 }
            #expect(order["items"][0]["quantity"].number == Int64(count))
            #expect(try await client.read(cart)["items"][0]["quantity"] == order["items"][0]["quantity"])
            #expect(try await client.cancel(TestOrder(order)).status == 200)
        }
    }

    @Test("orders over several SKUs in any sequence neither block each other nor oversell")
    func overlapping() async throws {
        let answers = try await Crowd.run(24, of: Shop.current) { number, client in
            var random = SeededGenerator(seed: UInt64(number))
            return try (0..<12).map { _ in
                let skus = (0..<6).shuffled(using: &random).prefix(Int.random(in: 2...5, using: &random))
                return try client.order(skus.map { ("MIX-\($0)", Int.random(in: 1...2, using: &random)) })
            }
        }
        let counts = tally(answers)
        #expect(Set(counts.keys).isSubset(of: ["201 ", "409 insufficient_stock"]), "\(counts)")
        #expect((counts["201 "] ?? 0) > 20)
        for number in 0..<6 {
            let sku = "MIX-\(number)"
            let sold = answers.joined().filter { $0.status == 201 }.flatMap { $0["items"].elements }
                .filter { $0["sku"].text == sku }.map { $0["quantity"].number }.reduce(0, +)
            #expect(try await Shop.current.available(sku) == 60 + number - Int(sold))
        }
    }

    @Test("of 50 parallel cancellations one takes effect, and the stock comes back once")
    func cancellations() async throws {
        let order = TestOrder(try await ShopClient(Shop.current).order([("CANCELLED", 7)]))
        let answers = try await Crowd.run(50, of: Shop.current) { _, client in try client.cancel(order) }
        // Each response says that the order is cancelled.
        #expect(tally([answers]) == ["200 ": 50])
        #expect(answers.allSatisfy { $0["history"].elements.map { $0["status"] } == ["pending_payment", "cancelled"] })
        #expect(try await Shop.current.available("CANCELLED") == 100)
    }
}

/// What the suite sells. Beside it, since a macro cannot look into the type it is attached to.
enum RaceGoods {
    static let shelf =
        [
            Goods("SALE", stock: 100), Goods("KEYED", stock: 1000), Goods("CARTED", stock: 1000), Goods("WRITTEN", stock: 1000),
            Goods("CANCELLED", stock: 100),
        ] + (0..<6).map { Goods("MIX-\($0)", stock: 60 + $0) }
}
