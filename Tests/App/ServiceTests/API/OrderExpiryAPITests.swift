import Foundation
import PostgresClient
import Testing
import TestSupport

/// Unpaid orders, where two services sweep one database.
@Suite(
    .shop(
        [Goods("EXPIRING", stock: 50), Goods("RACING", stock: 200), Goods("LOCKED", stock: 10), Goods("FREE", stock: 10)],
        environments: [["RESERVATION_TIME": "1s"], ["RESERVATION_TIME": "1s"]]))
struct OrderExpiryAPITests {
    @Test("an order that is not paid in time expires and gives its stock back, once")
    func expiry() async throws {
        let client = ShopClient(try Shop.current)
        var orders: [TestOrder] = []
        for _ in 0..<25 { orders.append(TestOrder(try await client.order([("EXPIRING", 2)]))) }
        let deadline = Deadline(seconds: 40)
        while try await Shop.current.available("EXPIRING") != 50, !deadline.isOver {
            try await Task.sleep(for: .milliseconds(300))
        }
        #expect(try await Shop.current.available("EXPIRING") == 50)
        for order in orders {
            let read = try await client.read(order)
            #expect(
                read["status"] == "expired"
                    && read["history"].elements.map { $0["status"] } == [
                        "pending_payment",
                        "expired",
                    ])
        }
        let late = try await client.cancel(orders[0])
        #expect(late.status == 409 && late.code == "illegal_transition" && late["from"] == "expired")
        #expect(try await client.order([("EXPIRING", 50)]).status == 201)
    }

    @Test("stock that a session holds keeps only the orders for it from expiring, the log warns, and they expire once it is free")
    func locked() async throws {
        let shop = try Shop.current
        let client = ShopClient(shop)
        var held: TestOrder
        // Not before its stock is locked.
        repeat {
            held = TestOrder(try await client.order([("LOCKED", 1), ("FREE", 1)]))
        } while try await shop.execute(
            "UPDATE reservation SET expires_at = now() + interval '1 hour' WHERE order_id = '\(held.id)' AND state = 'held' RETURNING 1"
        ) != "1"
        let holder = try BlockingConnection(connectionString: shop.database.url)
        try holder.execute(
            "BEGIN; SELECT FROM stock WHERE variant_id = (SELECT id FROM variant WHERE sku = 'LOCKED') FOR UPDATE")
        try await shop.execute("UPDATE reservation SET expires_at = now() WHERE order_id = '\(held.id)'")
        let others = [TestOrder(try await client.order([("FREE", 1)])), TestOrder(try await client.order([("FREE", 2)]))]
        let deadline = Deadline(seconds: 60)
        func wait(_ what: String, _ condition: () async throws -> Bool) async throws {
            while try await !condition() {
                guard !deadline.isOver else { throw TestFailure(what) }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        for order in others { try await wait("the others do not expire") { try await client.read(order)["status"] == "expired" } }
        try await wait("no warning") {
            shop.services.contains { $0.standardOutput.contains("orders cannot expire yet: another session holds their stock") }
        }
        #expect(try await client.read(held)["status"] == "pending_payment")
        #expect(try await client.order([("FREE", 3)]).status == 201)
        try holder.execute("COMMIT")
        try await wait("the order does not expire") { [held] in try await client.read(held)["status"] == "expired" }
    }

    @Test("an order that is cancelled while it expires ends as one of both, and gives its stock back once")
    func race() async throws {
        let ended = try await Crowd.run(8, of: Shop.current) { number, client in
            var random = SeededGenerator(seed: UInt64(number))
            let orders = try (0..<10).map { _ in TestOrder(try client.order([("RACING", 1)])) }
            var statuses: [String] = []
            // Spread over the time in which the sweepers come by.
            for order in orders {
                usleep(UInt32.random(in: 300_000...1_000_000, using: &random))
                let answer = try client.cancel(order)
                guard answer.status == 200 || answer.status == 409 else { throw TestFailure(answer.response.text) }
                statuses.append(answer.status == 200 ? answer["status"].text : answer["from"].text)
            }
            return statuses
        }
        #expect(Set(ended.joined()).isSubset(of: ["cancelled", "expired"]))
        #expect(try await Shop.current.available("RACING") == 200)
    }
}
