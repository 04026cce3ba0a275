import Foundation
import TestSupport
import Testing

/// What the shop tells other systems, from the requests to the outbox.
@Suite(
    .shop(
        [
            Goods("TOLD", stock: 1_000), Goods("CROWDED", stock: 1_000), Goods("SCARCE", stock: 12), Goods("RARE", stock: 40),
            Goods("BRIEF", stock: 100),
        ],
        environments: [["LOW_STOCK": "5"], ["LOW_STOCK": "5", "RESERVATION_TIME": "1s", "WORKER": "off"]]))
struct OrderEventAPITests {
    /// The events of an order: type, sequence, and status in the payload.
    private func events(of order: String) async throws -> String {
        try await Shop.current.execute(
            """
            SELECT type || ' ' || sequence || ' ' || (payload::json ->> 'status') FROM outbox WHERE aggregate_id = '\(order)' \
            ORDER BY position
            """)
    }

    @Test("an order that is placed, and one that is cancelled, has its events with the whole order, as GET returns it")
    func placed() async throws {
        let client = ShopClient(try Shop.current)
        let order = TestOrder(try await client.order([("TOLD", 2)]))
        #expect(try await events(of: order.id) == "order.placed 1 pending_payment")
        let shown = try await client.read(order).response.text
        let told = try await Shop.current.execute("SELECT payload FROM outbox WHERE aggregate_id = '\(order.id)'")
        #expect(told == shown, "the payload is not what GET returns")
        #expect(!told.contains("token"))
        #expect(try await client.cancel(order).status == 200)
        // A repetition changes nothing.
        #expect(try await client.cancel(order).status == 200)
        #expect(try await events(of: order.id) == "order.placed 1 pending_payment\norder.cancelled 2 cancelled")
        let after = try await client.read(order).response.text
        #expect(
            try await Shop.current.execute("SELECT payload FROM outbox WHERE aggregate_id = '\(order.id)' AND sequence = 2")
                == after)
    }

    @Test("an order that is refused has no event; a repeated request makes no second one")
    func refused() async throws {
        let client = ShopClient(try Shop.current)
        let count = "SELECT count(*) FROM outbox WHERE payload::json -> 'items' -> 0 ->> 'sku' = 'CROWDED'"
        #expect(try await client.order([("CROWDED", 1), ("RARE", 999)]).status == 409)
        #expect(try await Shop.current.execute(count) == "0")
        let key = Shop.newKey()
        for _ in 0..<3 { #expect(try await client.order([("CROWDED", 1)], key: key).status == 201) }
        #expect(try await Shop.current.execute(count) == "1")
    }

    @Test("an order that is not paid in time has its event, although the service that expires it has placed no order")
    func expired() async throws {
        let client = ShopClient(try Shop.current, service: 1)
        var orders: [TestOrder] = []
        for _ in 0..<10 { orders.append(TestOrder(try await client.order([("BRIEF", 1)]))) }
        for order in orders {
            let deadline = Deadline(seconds: 40)
            while try await client.read(order)["status"] != "expired", !deadline.isOver {
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(try await events(of: order.id) == "order.placed 1 pending_payment\norder.expired 2 expired")
        }
    }

    @Test("a crowd that buys a variant out makes one event of low stock, with the units that are left")
    func lowStock() async throws {
        let client = ShopClient(try Shop.current)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    let status = try await client.order([("SCARCE", 1)]).status
                    #expect(status == 201)
                }
            }
            try await group.waitForAll()
        }
        let told = try await Shop.current.execute(
            """
            SELECT (payload::json ->> 'available')::int <= 5, payload::json ->> 'threshold', sequence FROM outbox \
            WHERE type = 'stock.low' AND payload::json ->> 'sku' = 'SCARCE'
            """)
        #expect(told == "t|5|1")
    }

    @Test("a variant's own threshold counts, and the event comes again when its stock has recovered")
    func threshold() async throws {
        let shop = try Shop.current
        let client = ShopClient(shop)
        try await shop.execute("UPDATE stock SET low_stock = 30 WHERE variant_id = (SELECT id FROM variant WHERE sku = 'RARE')")
        let first = TestOrder(try await client.order([("RARE", 9)]))
        let count = "SELECT count(*), max(sequence) FROM outbox WHERE type = 'stock.low' AND payload::json ->> 'sku' = 'RARE'"
        #expect(try await shop.execute(count) == "0|")
        let second = TestOrder(try await client.order([("RARE", 1)]))
        #expect(try await shop.execute(count) == "1|1")
        _ = try await client.order([("RARE", 1)])
        #expect(try await shop.execute(count) == "1|1")
        #expect(try await client.cancel(first).status == 200)
        #expect(try await client.cancel(second).status == 200)
        _ = try await client.order([("RARE", 15)])
        #expect(try await shop.execute(count) == "2|2")
    }
}
