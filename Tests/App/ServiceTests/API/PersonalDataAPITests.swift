import Foundation
import TestSupport
import Testing

/// A customer's copy of the own data, and the end of it, over HTTP.
@Suite(.shop([Goods("POT", stock: 1_000), Goods("CUP", stock: 1_000)], environments: AccountShop.environments))
struct PersonalDataAPITests {
    private func client(_ service: Int = 0) throws -> ShopClient { ShopClient(try Shop.current, service: service) }

    private func account(_ name: String = "ada") async throws -> TestAccount {
        let account = TestAccount(name)
        try await account.insert(into: try Shop.current)
        return account
    }

    /// What an order needs beside its items, with this address.
    private func buyer(_ email: String) -> String { ShopClient.buyer.replacing("ada@example.com", with: email) }

    private func order(
        _ client: ShopClient, _ headers: [(String, String)], email: String, quantity: Int = 1
    ) async throws -> Answer {
        try await client.send(
            "POST", "/v1/orders", [("Idempotency-Key", Shop.newKey())] + headers,
            json: #"{"items":[{"sku":"POT","quantity":\#(quantity)}],\#(buyer(email))}"#)
    }

    private func delete(_ account: TestAccount, _ session: TestSession, _ client: ShopClient) async throws -> Answer {
        try await client.send("DELETE", "/v1/me", [session.header], json: #"{"password":"\#(account.password)"}"#)
    }

    /// All rows that may be about a person, as text. The mailbox is that of the person.
    private func everything() async throws -> String {
        let tables = [
            "account", "account_session", "account_address", "account_request", "account_client", "orders", "order_line",
            "order_history", "cart", "cart_item", "idempotency", "order_hold", "order_token", "outbox", "delivery",
        ]
        return try await Shop.current.execute(tables.map { "SELECT t::text FROM \($0) t;" }.joined(separator: " "))
    }

    // MARK: The copy

    @Test("the export has all that the shop keeps of its customer, and no secret")
    func export() async throws {
        let shop = try Shop.current
        let client = try client()
        let (account, other) = (try await account(), try await account("eve"))
        let session = try await account.signIn(client, [("User-Agent", "Test Browser")])
        let stranger = try await other.signIn(client)
        let address = #"{"name":"Ada Moss","line1":"7 Unusual Lane","city":"Leeds","postal_code":"LS1 4AP","country":"GB"}"#
        #expect(try await client.send("POST", "/v1/me/addresses", [session.header], json: address).status == 201)
        // More than two pages.
        let count = 103
        for number in 0..<count {
            let placed = try await order(client, [session.header], email: "ada-\(number)@example.org")
            #expect(placed.status == 201, "\(placed.response.text)")
        }
        #expect(try await order(client, [stranger.header], email: other.email).status == 201)
        let cart = try await client.send("POST", "/v1/carts", [session.header], json: "{}")["id"].text
        _ = try await client.send("POST", "/v1/carts/\(cart)/items", [session.header], json: #"{"sku":"CUP","quantity":2}"#)
        _ = try await client.send("POST", "/v1/password-resets", json: #"{"email":"\#(account.email)"}"#)

        let contract = try OpenAPIContract(try await client.get("/openapi.json").response.body)
        let answer = try await client.get("/v1/me/export", [session.header])
        #expect(answer.status == 200 && answer.header("Content-Disposition") == #"attachment; filename="account.json""#)
        #expect(answer.header("Cache-Control") == "no-store" && answer.header("Content-Type") == "application/json")
        #expect(contract.violations(of: answer.response, to: "GET", "/v1/me/export") == [])
        #expect(answer["account"]["email"].text == account.email)
        #expect(answer["addresses"].elements.map { $0["line1"] } == ["7 Unusual Lane"])
        #expect(answer["sessions"].elements.map { $0["device"] } == ["Test Browser"])
        #expect(answer["sign_in_places"].elements.count == 1)
        #expect(answer["requests"].elements.map { $0["kind"] } == ["password_reset"])
        #expect(answer["carts"].elements.map { $0["id"].text } == [cart])
        let orders = answer["orders"].elements
        #expect(Set(orders.map { $0["id"].text }).count == count && orders.count == count)
        #expect(orders.map { $0["created_at"].text } == orders.map { $0["created_at"].text }.sorted(by: >))
        #expect(!answer.response.text.contains(other.email))
        let secrets = try await shop.execute(
            """
            SELECT password_hash FROM account UNION ALL SELECT encode(token_hash, 'hex') FROM refresh_token
                UNION ALL SELECT encode(family_hash, 'hex') FROM account_session
                UNION ALL SELECT encode(client_hash, 'hex') FROM account_client
            """)
        for secret in secrets.split(separator: "\n") where !secret.isEmpty { #expect(!answer.response.text.contains(secret)) }
        #expect(!answer.response.text.contains(session.refresh))
        #expect(try await client.get("/v1/me/export").status == 401)
        #expect(try await client.get("/v1/me/export", [stranger.header])["orders"].elements.count == 1)
    }

    // MARK: The end

    @Test("a deleted account leaves nothing of its person, and the address begins again")
    func deletion() async throws {
        let shop = try Shop.current
        let (here, there) = (try client(), try client(1))
        let (account, other) = (try await account(), try await account("eve"))
        let session = try await account.signIn(here)
        let second = try await account.signIn(there)
        let stranger = try await other.signIn(here)
        let before = try await shop.available("POT") ?? 0
        // The own orders, one with another address; and one of a guest with this address.
        let own = try await order(here, [session.header], email: account.email)
        let elsewhere = try await order(here, [session.header], email: "work-" + account.email)
        let guest = try await order(here, [], email: account.email.uppercased())
        #expect([own, elsewhere, guest].allSatisfy { $0.status == 201 })
        #expect(try await order(here, [stranger.header], email: other.email).status == 201)
        let address = #"{"name":"Ada Moss","line1":"9 Unusual Lane","city":"Leeds","postal_code":"LS1 4AP","country":"GB"}"#
        _ = try await here.send("POST", "/v1/me/addresses", [session.header], json: address)
        let cart = try await here.send("POST", "/v1/carts", [session.header], json: "{}")["id"].text
        _ = try await here.send("POST", "/v1/carts/\(cart)/items", [session.header], json: #"{"sku":"CUP","quantity":2}"#)
        _ = try await here.send("POST", "/v1/sign-in-links", json: #"{"email":"\#(account.email)"}"#)
        _ = try await shop.mail(to: account.email, with: "/account/sign-in")

        let missing = try await here.send("DELETE", "/v1/me", [session.header])
        #expect(missing.status == 422 && missing.pointers == ["/password"])
        let wrong = try await here.send("DELETE", "/v1/me", [session.header], json: #"{"password":"not the password"}"#)
        #expect(wrong.status == 403 && wrong.code == "wrong_password")
        #expect(try await here.send("DELETE", "/v1/me").status == 401)
        #expect(try await here.get("/v1/me", [session.header]).status == 200)

        let done = try await delete(account, session, here)
        #expect(done.status == 204 && done.header("Set-Cookie")?.hasSuffix("Max-Age=0") == true)
        #expect(try await delete(account, session, here).status == 401)
        for session in [session, second] {
            #expect(try await here.get("/v1/me", [session.header]).status == 401)
            #expect(try await there.send("POST", "/v1/sessions/refresh", json: session.refreshBody).status == 401)
            // A task that has not read it yet has nothing to show either.
            let late = try await there.get("/v1/me", [session.header])
            #expect(late.status == 401, "\(late.response.text)")
        }
        #expect(try await here.send("POST", "/v1/sessions", json: account.credentials).status == 401)
        // What was not paid is cancelled, and its stock is back.
        #expect(try await shop.available("POT") == before - 1)
        let ids = [own, elsewhere, guest].map { "'\($0["id"].text)'" }.joined(separator: ",")
        #expect(
            try await shop.execute(
                "SELECT DISTINCT status, email, shipping_address, customer_id IS NULL FROM orders WHERE id IN (\(ids))")
                == #"cancelled||{"country": "GB"}|t"#)
        #expect(try await shop.execute("SELECT count(*) FROM order_history WHERE order_id IN (\(ids))") == "6")
        for placed in [own, elsewhere, guest] {
            let token = ("X-Order-Token", placed["access_token"].text)
            #expect(try await here.get("/v1/orders/\(placed["id"].text)", [token]).status == 404)
        }
        // The other customer has lost nothing.
        #expect(try await here.get("/v1/orders", [stranger.header])["data"].elements.count == 1)

        _ = try await shop.mail(to: account.email, with: "was deleted")
        let deadline = TestSupport.Deadline(seconds: 60)
        var left = try await everything().lowercased()
        // The mailer deletes its request once the mail is sent.
        while left.contains(account.email), !deadline.isOver {
            try await Task.sleep(for: .milliseconds(50))
            left = try await everything().lowercased()
        }
        #expect(!left.contains(account.email) && !left.contains("9 unusual lane") && left.contains(other.email))

        // The address registers again, and sees nothing of before.
        _ = try await here.send("POST", "/v1/users", json: account.credentials)
        let token = try shop.token(in: try await shop.mail(to: account.email, with: "confirm-email"), page: "confirm-email")
        #expect(try await here.send("POST", "/v1/email-confirmations", json: #"{"token":"\#(token)"}"#).status == 200)
        let fresh = try await account.signIn(here)
        #expect(try await here.get("/v1/orders?include=total", [fresh.header])["total"] == 0)
        #expect(try await here.get("/v1/me/addresses", [fresh.header])["data"] == [])
        let export = try await here.get("/v1/me/export", [fresh.header])
        #expect(export["orders"] == [] && export["carts"] == [] && export["requests"] == [])
        #expect(try await there.get("/v1/carts/\(cart)", [fresh.header]).status == 404)
    }

    @Test("while a paid order is under way, the account stays, and nothing has changed")
    func underWay() async throws {
        let shop = try Shop.current
        let client = try client()
        let account = try await account()
        let session = try await account.signIn(client)
        let waiting = try await order(client, [session.header], email: account.email)
        let paid = try await order(client, [session.header], email: account.email)
        let id = paid["id"].text
        for status in ["confirmed", "processing", "shipped"] {
            try await shop.execute("UPDATE orders SET status = '\(status)' WHERE id = '\(id)'")
            let refused = try await delete(account, session, client)
            #expect(refused.status == 409 && refused.code == "orders_under_way")
            #expect(refused["orders"].elements.map(\.text) == [paid["number"].text])
        }
        try await shop.execute("UPDATE orders SET status = 'pending_payment' WHERE id = '\(id)'")
        #expect(try await client.get("/v1/me", [session.header]).status == 200)
        #expect(
            try await client.get("/v1/orders/\(waiting["id"].text)", [session.header])["status"] == "pending_payment")
        #expect(try await delete(account, session, client).status == 204)
    }

    @Test("an account without a password needs a sign-in of the last five minutes")
    func freshSignIn() async throws {
        let shop = try Shop.current
        let client = try client()
        let account = try await account()
        let session = try await account.signIn(client)
        let owner = "(SELECT id FROM account WHERE email = '\(account.email)')"
        try await shop.execute("UPDATE account SET password_hash = NULL WHERE id = \(owner)")
        try await shop.execute(
            "UPDATE account_session SET created_at = now() - interval '6 minutes' WHERE account_id = \(owner)")
        for json in [nil, #"{"password":"\#(account.password)"}"#] {
            let refused =
                if let json {
                    try await client.send("DELETE", "/v1/me", [session.header], json: json)
                } else {
                    try await client.send("DELETE", "/v1/me", [session.header])
                }
            #expect(refused.status == 403 && refused.code == "sign_in_again")
        }
        try await shop.execute("UPDATE account_session SET created_at = now() WHERE account_id = \(owner)")
        #expect(try await client.send("DELETE", "/v1/me", [session.header]).status == 204)
        #expect(try await shop.execute("SELECT count(*) FROM account WHERE email = '\(account.email)'") == "0")
    }

    @Test("commerce erase forgets the person of an account in the same way, with orders of other addresses")
    func command() async throws {
        let shop = try Shop.current
        let client = try client()
        let account = try await account()
        let session = try await account.signIn(client)
        let orders = [
            try await order(client, [session.header], email: account.email),
            try await order(client, [session.header], email: "work-" + account.email),
            try await order(client, [], email: account.email),
        ]
        let cart = try await client.send("POST", "/v1/carts", [session.header], json: "{}")["id"].text
        _ = try await client.send("POST", "/v1/password-resets", json: #"{"email":"\#(account.email)"}"#)
        let done = try await shop.command(["erase", "--email", account.email.uppercased()])
        #expect(done.status == .exited(0) && done.output.hasPrefix("orders   3\n"), "\(done.output)\(done.error)")
        #expect(try await client.get("/v1/me", [session.header]).status == 401)
        // A task that has not read it yet has nothing to show either.
        #expect([401, 404].contains(try await client.get("/v1/carts/\(cart)", [session.header]).status))
        #expect(try await client.send("POST", "/v1/sessions", json: account.credentials).status == 401)
        let ids = orders.map { "'\($0["id"].text)'" }.joined(separator: ",")
        #expect(
            try await shop.execute("SELECT DISTINCT email, customer_id IS NULL FROM orders WHERE id IN (\(ids))") == "|t")
        #expect(try await !everything().lowercased().contains(account.email))
        let again = try await shop.command(["erase", "--email", account.email])
        #expect(again.output.hasPrefix("orders   0\n"))
    }

    @Test("orders, carts, addresses and sign-ins at the same time come wholly before the deletion, or not at all")
    func race() async throws {
        let shop = try Shop.current
        for _ in 0..<5 {
            let account = try await account("race")
            let session = try await account.signIn(try client())
            let guests = try await withThrowingTaskGroup(of: TestCart.self) { group in
                for _ in 0..<4 { group.addTask { try await ShopClient(shop).makeCart() } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for cart in guests { try await ShopClient(shop).add("CUP", 1, to: cart) }
            let statuses = try await withThrowingTaskGroup(of: (String, Int).self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let client = ShopClient(shop, service: number % 2)
                        return ("order", try await self.order(client, [session.header], email: account.email).status)
                    }
                    group.addTask {
                        let client = ShopClient(shop, service: number % 2)
                        return ("cart", try await client.send("POST", "/v1/carts", [session.header], json: "{}").status)
                    }
                }
                for cart in guests {
                    group.addTask {
                        (
                            "sign-in",
                            try await ShopClient(shop).send("POST", "/v1/sessions", [cart.header], json: account.credentials)
                                .status
                        )
                    }
                }
                group.addTask {
                    let address = #"{"name":"Ada Moss","line1":"1 Row","city":"Leeds","postal_code":"LS1 4AP","country":"GB"}"#
                    return (
                        "address",
                        try await ShopClient(shop).send("POST", "/v1/me/addresses", [session.header], json: address).status
                    )
                }
                for service in 0..<2 {
                    group.addTask {
                        ("delete", try await self.delete(account, session, ShopClient(shop, service: service)).status)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.contains { $0.0 == "delete" && $0.1 == 204 }, "\(statuses)")
            #expect(statuses.allSatisfy { [200, 201, 204, 401, 404].contains($0.1) }, "\(statuses)")
            #expect(try await shop.execute("SELECT count(*) FROM account WHERE email = '\(account.email)'") == "0")
            #expect(try await shop.execute("SELECT count(*) FROM orders WHERE lower(email) = '\(account.email)'") == "0")
        }
        #expect(try await Invariants.violations(in: shop.database) == [])
    }
}
