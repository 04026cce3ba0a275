import Foundation
import PostgresClient
import TestSupport
import Testing

/// Orders that share a transaction: each is decided, kept and answered for itself.
@Suite(.shop(CompanyGoods.shelf, environments: [[:], [:]]))
struct OrderCompanyAPITests {
    @Test("among orders that fail, each for its own reason, the others are placed") func reasons() async throws {
        let used = Shop.newKey()
        #expect(try await ShopClient(Shop.current).order([("PLENTY", 1)], key: used).status == 201)
        let cart = try await ShopClient(Shop.current).makeCart()
        try await ShopClient(Shop.current).add("PLENTY", 1, to: cart)
        #expect(try await ShopClient(Shop.current).order(cart).status == 201)
        let answers = try await Crowd.run(48, of: Shop.current) { number, client in
            try (0..<10).map { round -> (Int, Answer) in
                let kind = (number + round) % 6
                switch kind {
                case 0: return (kind, try client.order([("NO-SUCH", 1)]))
                case 1: return (kind, try client.order([("NONE", 1), ("PLENTY", 1)]))
                case 2: return (kind, try client.order([("PLENTY", 2)], key: used))
                case 3: return (kind, try client.order(cart))
                case 4:
                    return (kind, try client.order([("PLENTY", 1)], more: #""expected_total":{"amount":1,"currency":"USD"},"#))
                default: return (kind, try client.order([("PLENTY", 1), ("OTHER", 2)]))
                }
            }
        }
        let expected = [
            0: [(422, "invalid")], 1: [(409, "insufficient_stock")],
            2: [(422, "idempotency_key_reused"), (409, "idempotency_in_flight")],
            3: [(409, "cart_converted")], 4: [(409, "price_changed")], 5: [(201, "")],
        ]
        for (kind, answer) in answers.joined() {
            #expect(
                expected[kind]?.contains { $0 == (answer.status, answer.code) } == true,
                "\(kind): \(answer.status) \(answer.code)")
        }
        let placed = answers.joined().count { $0.0 == 5 }
        #expect(placed == 80)
        #expect(try await Shop.current.available("OTHER") == 1_000 - 2 * placed)
    }

    @Test("once a request is answered its key is free, whatever the answer was, at every service")
    func keysAreFree()
        async throws
    {
        let answers = try await Crowd.run(8, of: Shop.current) { number, client in
            let other = ShopClient(client.shop, service: (number + 1) % 2)
            return try (0..<40).flatMap { _ -> [Answer] in
                let key = Shop.newKey()
                let refused = [try client.order([("NONE", 1)], key: key), try other.order([("NONE", 1)], key: key)]
                let placed = [try client.order([("PLENTY", 1)], key: key), try other.order([("PLENTY", 1)], key: key)]
                return refused + placed + [try client.order([("PLENTY", 2)], key: key)]
            }
        }
        let codes = answers.joined().map { "\($0.status) \($0.code)" }
        let expected = ["409 insufficient_stock", "409 insufficient_stock", "201 ", "201 ", "422 idempotency_key_reused"]
        #expect(codes == (0..<8 * 40).flatMap { _ in expected })
    }

    @Test("while a session locks the stock of one variant, orders for others are placed, and those for it as soon as it is free")
    func heldStock() async throws {
        let shop = try Shop.current
        let session = try BlockingConnection(connectionString: shop.database.url)
        try session.execute("BEGIN")
        try session.execute("SELECT FROM stock WHERE variant_id = (SELECT id FROM variant WHERE sku = 'HELD') FOR UPDATE")
        async let held = Crowd.run(12, of: shop) { _, client in try client.order([("HELD", 1)]) }
        let others = try await Crowd.run(24, of: shop) { number, client in
            try (0..<5).map { _ in try client.order([("FREE-\(number % 4)", 1), ("PLENTY", 1)]) }
        }
        #expect(others.joined().allSatisfy { $0.status == 201 }, "\(others.joined().map(\.status))")
        #expect(try await shop.available("HELD") == 100)
        try session.execute("COMMIT")
        #expect(try await held.allSatisfy { $0.status == 201 })
        #expect(try await shop.available("HELD") == 88)
    }

    @Test("the last of many things go to as many orders as there are, wherever they come from") func lastOnes() async throws {
        let shop = try Shop.current
        let answers = try await Crowd.run(40, of: shop) { number, client in
            try (0..<8).map { round in try client.order((0..<3).map { ("LAST-\((number + round + $0) % 5)", 1) }) }
        }
        for number in 0..<5 {
            let sku = "LAST-\(number)"
            let sold = answers.joined().filter { $0.status == 201 }.flatMap { $0["items"].elements }.count {
                $0["sku"].text == sku
            }
            #expect(try await shop.available(sku) == 20 - sold)
        }
        // Nothing is left that an order could have had.
        let left = try await (0..<5).asyncMap { try await shop.available("LAST-\($0)") ?? 0 }
        let possible = (0..<5).contains { start in (0..<3).allSatisfy { left[(start + $0) % 5] > 0 } }
        #expect(!possible, "\(left)")
        #expect(answers.joined().allSatisfy { $0.status == 201 || $0.code == "insufficient_stock" })
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}

/// What the suite sells. Beside it, since a macro cannot look into the type it is attached to.
enum CompanyGoods {
    static let shelf =
        [
            Goods("PLENTY", stock: 100_000), Goods("OTHER", stock: 1_000), Goods("NONE", stock: 0), Goods("HELD", stock: 100),
        ] + (0..<4).map { Goods("FREE-\($0)", stock: 1_000) } + (0..<5).map { Goods("LAST-\($0)", stock: 20) }
}
