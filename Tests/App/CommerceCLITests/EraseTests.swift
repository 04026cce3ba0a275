import Foundation
import TestSupport
import Testing

/// `commerce erase`, the real binary on orders that a real service took.
@Suite("commerce erase")
struct EraseTests {
    @Test("the person is gone from orders, carts, and kept answers; amounts stay, others stay, and the data holds together")
    func erases() async throws {
        let shop = try LifecycleShop()
        try await shop.database.execute(
            "INSERT INTO stock_movement (variant_id, on_hand, reserved, reason) SELECT variant_id, on_hand, reserved, 'import' FROM stock"
        )
        let service = try await shop.serve()
        let environment = ["DATABASE_URL": shop.database.url]
        try await onOwnThread {
            let client = service.client()
            for email in ["Ada.Moss@example.com", "ada.moss@EXAMPLE.com", "bob@example.com", "ren\u{E9}@example.com"] {
                let cart = try client.request("POST", "/v1/carts")
                let made = try JSONSerialization.jsonObject(with: Data(cart.body)) as? [String: Any] ?? [:]
                let (id, token) = (made["id"] as? String ?? "", made["token"] as? String ?? "")
                _ = try client.request(
                    "POST", "/v1/carts/\(id)/items", headers: [("X-Cart-Token", token)], json: #"{"sku":"LAMP","quantity":2}"#)
                let placed = try client.request(
                    "POST", "/v1/orders",
                    headers: [("Idempotency-Key", UUID().uuidString.lowercased()), ("X-Cart-Token", token)],
                    json: """
                        {"cart_id":"\(id)","email":"\(email)","shipping_address":{"name":"Fern Moss","line1":"1 Fern Row",\
                        "city":"Leeds","postal_code":"LS1 4AP","country":"GB"}}
                        """)
                #expect(placed.status == 201, "\(placed.text)")
            }
            let done = try ServiceProcess.run(["erase", "--email", "ada.moss@example.com"], environment: environment)
            #expect(done.status == .exited(0) && done.error.isEmpty, "\(done.error)")
            #expect(done.output == "orders   2\nopen     2\ncarts    2\nanswers  2\n")
            let again = try ServiceProcess.run(["erase", "--email", "ada.moss@example.com"], environment: environment)
            #expect(again.output == "orders   0\nopen     0\ncarts    0\nanswers  0\n")
            // As an order's address is read: in NFC, without white space around it. A Mac's terminal gives the accent apart.
            let spelled = try ServiceProcess.run(["erase", "--email", " Rene\u{301}@example.com\n"], environment: environment)
            #expect(spelled.output == "orders   1\nopen     1\ncarts    1\nanswers  1\n")
            let everything = try ["orders", "order_line", "order_history", "cart", "cart_item", "idempotency", "order_hold"]
                .map { try shop.database.execute("SELECT t::text FROM \($0) t") }.joined().lowercased()
            #expect(
                !everything.contains("ada.moss") && !everything.contains("ren\u{E9}") && everything.contains("bob@example.com"))
            #expect(try shop.database.execute("SELECT count(*), sum(total) FROM orders") == "4|39200")
            #expect(
                try shop.database.execute("SELECT DISTINCT shipping_address FROM orders WHERE email = ''")
                    == #"{"country": "GB"}"#)
            #expect(try shop.database.execute("SELECT count(*) FROM idempotency") == "1")
            let audit = try ServiceProcess.run(["audit"], environment: environment)
            #expect(audit.status == .exited(0), "\(audit.output)")
            _ = try service.terminate()
        }
    }

    @Test("what is no address is wrong usage") func usage() throws {
        for arguments in [["erase"], ["erase", "--email", "fern"], ["erase", "--email", ""]] {
            #expect(try ServiceProcess.run(arguments, environment: [:]).status == .exited(64), "\(arguments)")
        }
    }
}
