import Foundation
import Testing
import TestSupport

/// Orders that nobody pays, where two services sweep one database.
@Suite(.shop(
    [Goods("EXPIRING", stock: 50), Goods("RACING", stock: 200)],
    environments: [["RESERVATION_TIME": "1s"], ["RESERVATION_TIME": "1s"]]))
struct OrderExpiryAPITests {
    @Test("an order that is not paid in time expires and gives its stock back, once")
    func expiry() async throws {
        let client = ShopClient(try Shop.current)
        var orders: [TestOrder] = []
        for _ in 0..<25 { orders.append(TestOrder(try await client.order([("EXPIRING", 2)]))) }
        let deadline = Deadline(seconds: 40)
        while try await Shop.current.available("EXPIRING") != 50, !deadline.isOver { try await Task.sleep(for: .milliseconds(300)) }
        #expect(try await Shop.current.available("EXPIRING") == 50)
        for order in orders {
            let read = try await client.read(order)
            #expect(read["status"] == "expired" && read["history"].elements.map { $0["status"] } == ["pending_payment",
                "expired"])
        }
        let late = try await client.cancel(orders[0])
        #expect(late.status == 409 && late.code == "illegal_transition" && late["from"] == "expired")
        #expect(try await client.order([("EXPIRING", 50)]).status == 201)
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
