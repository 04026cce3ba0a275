import Foundation
import TestSupport
import Testing

/// What the services of these tests have.
enum AccountShop {
    static let environments = [
        [
            "MAILBOX": "on", "RATE_LIMIT_SIGN_INS": "100000", "RATE_LIMIT_ACCOUNT_MAILS": "100000",
            "RATE_LIMIT_ORDERS": "100000", "RATE_LIMIT_ORDERS_DAY": "100000", "ORDER_OPEN_PER_CLIENT": "1000",
            "ORDER_HELD_SHARE": "100", "PASSWORD_QUEUE": "1000", "TRUSTED_PROXIES": "127.0.0.1",
        ], ["WORKER": "off", "RATE_LIMIT_SIGN_INS": "100000", "PASSWORD_QUEUE": "1000"],
    ]
}

/// Accounts over HTTP, with the mails that belong to them.
@Suite(.shop([Goods("POT", stock: 100), Goods("CUP", stock: 5)], environments: AccountShop.environments))
struct AccountAPITests {
    private func client(_ service: Int = 0) throws -> ShopClient { ShopClient(try Shop.current, service: service) }

    /// Registers, and opens the link of the mail.
    private func register(_ account: TestAccount, name: String? = nil) async throws -> ShopClient {
        let client = try client()
        let more = name.map { #","name":"\#($0)""# } ?? ""
        let answer = try await client.send(
            "POST", "/v1/users", json: #"{"email":"\#(account.email)","password":"\#(account.password)"\#(more)}"#)
        #expect(answer.status == 202 && answer.json == ["status": "accepted"])
        let shop = try Shop.current
        let token = try shop.token(in: try await shop.mail(to: account.email, with: "confirm-email"), page: "confirm-email")
        let confirmed = try await client.send("POST", "/v1/email-confirmations", json: #"{"token":"\#(token)"}"#)
        #expect(confirmed.status == 200 && confirmed.json == ["status": "confirmed"])
        let again = try await client.send("POST", "/v1/email-confirmations", json: #"{"token":"\#(token)"}"#)
        #expect(again.status == 422 && again.code == "invalid_link")
        return client
    }

    @Test("a person registers, confirms by mail, signs in, and is the only one to know")
    func life() async throws {
        let shop = try Shop.current
        let account = TestAccount()
        let client = try client()
        let pending = TestAccount()
        _ = try await client.send("POST", "/v1/users", json: pending.credentials)
        _ = try await shop.mail(to: pending.email, with: "confirm-email")
        // Not before the address is confirmed.
        let early = try await client.send("POST", "/v1/sessions", json: pending.credentials)
        #expect(early.status == 401 && early.code == "sign_in_failed")
        _ = try await register(account, name: "Ada Moss")
        let signedIn = try await client.send("POST", "/v1/sessions", json: account.credentials)
        #expect(signedIn.status == 201 && signedIn["token_type"] == "Bearer" && signedIn["expires_in"] == 600)
        let session = TestSession(signedIn)
        let me = try await client.get("/v1/me", [session.header])
        #expect(me.status == 200 && me["email"].text == account.email && me["name"] == "Ada Moss")
        #expect(me["has_password"] == true && me["role"] == .absent)
        #expect(try await client.get("/v1/me", [session.header, ("If-None-Match", me.tag)]).status == 304)
        let event = try await shop.execute(
            "SELECT type || ' ' || sequence FROM outbox WHERE aggregate_id = '\(me["id"].text)'")
        #expect(event == "customer.registered 1")
        let sessions = try await client.get("/v1/me/sessions", [session.header])
        #expect(sessions["data"].elements.count == 1 && sessions["data"][0]["current"] == true)
        // Nothing in the database is the password or a token.
        let stored = try await shop.execute("SELECT password_hash FROM account WHERE email = '\(account.email)'")
        #expect(stored.hasPrefix("$scrypt$ln=15,r=8,p=3$"))
    }

    @Test("registering a known address answers the same, tells its owner and changes nothing")
    func known() async throws {
        let shop = try Shop.current
        let account = TestAccount()
        let client = try await register(account)
        let other = #"{"email":"\#(account.email.uppercased())","password":"another password 123"}"#
        let answer = try await client.send("POST", "/v1/users", json: other)
        #expect(answer.status == 202 && answer.json == ["status": "accepted"])
        _ = try await shop.mail(to: account.email, with: "already have an account")
        #expect(try await client.send("POST", "/v1/sessions", json: account.credentials).status == 201)
        let wrong = try await client.send(
            "POST", "/v1/sessions", json: #"{"email":"\#(account.email)","password":"another password 123"}"#)
        let unknown = try await client.send("POST", "/v1/sessions", json: TestAccount("unknown").credentials)
        #expect(
            wrong.status == 401 && unknown.status == 401 && wrong.code == unknown.code && wrong["detail"] == unknown["detail"])
    }

    @Test("an account cannot be prepared for another person: only the registration whose mail is answered counts")
    func twoRegistrations() async throws {
        let shop = try Shop.current
        let client = try client()
        let victim = TestAccount()
        _ = try await client.send(
            "POST", "/v1/users", json: #"{"email":"\#(victim.email)","password":"password of an attacker"}"#)
        _ = try await shop.mail(to: victim.email, with: "confirm-email")
        let first = try shop.token(in: try await shop.mail(to: victim.email, with: "confirm-email"), page: "confirm-email")
        _ = try await client.send("POST", "/v1/users", json: victim.credentials)
        var second = first
        let deadline = TestSupport.Deadline(seconds: 60)
        while second == first, !deadline.isOver {
            second = try shop.token(in: try await shop.mail(to: victim.email, with: "confirm-email"), page: "confirm-email")
        }
        #expect(try await client.send("POST", "/v1/email-confirmations", json: #"{"token":"\#(second)"}"#).status == 200)
        #expect(try await client.send("POST", "/v1/email-confirmations", json: #"{"token":"\#(first)"}"#).status == 422)
        #expect(try await client.send("POST", "/v1/sessions", json: victim.credentials).status == 201)
        #expect(
            try await client.send(
                "POST", "/v1/sessions", json: #"{"email":"\#(victim.email)","password":"password of an attacker"}"#
            ).status == 401)
    }

    @Test(
        "a weak password is refused, with the reason",
        arguments: [
            "short", "password", "PASSWORD1!", "iloveyou", "12345678", String(repeating: "a", count: 129), "ada-long-name",
        ])
    func weak(password: String) async throws {
        let client = try client()
        let answer = try await client.send(
            "POST", "/v1/users", json: #"{"email":"ada-long-name@example.org","password":"\#(password)"}"#)
        #expect(answer.status == 422 && answer.pointers == ["/password"])
        #expect(!answer.response.text.contains(#""\#(password)""#))
    }

    @Test("a password is set by a mailed link, once, and all sessions end")
    func reset() async throws {
        let shop = try Shop.current
        let account = TestAccount()
        try await account.insert(into: shop)
        let client = try client()
        let session = try await account.signIn(client)
        let asked = try await client.send("POST", "/v1/password-resets", json: #"{"email":"\#(account.email)"}"#)
        #expect(asked.status == 202)
        let unknown = TestAccount("unknown").email
        #expect(
            try await client.send("POST", "/v1/password-resets", json: #"{"email":"\#(unknown)"}"#).json == asked.json)
        let token = try shop.token(in: try await shop.mail(to: account.email, with: "reset-password"), page: "reset-password")
        let weak = try await client.send("PUT", "/v1/password-resets", json: #"{"token":"\#(token)","password":"password"}"#)
        #expect(weak.status == 422 && weak.pointers == ["/password"])
        let body = #"{"token":"\#(token)","password":"eight grey herons"}"#
        #expect(try await client.send("PUT", "/v1/password-resets", json: body).status == 204)
        #expect(try await client.send("PUT", "/v1/password-resets", json: body).code == "invalid_link")
        #expect(try await client.get("/v1/me", [session.header]).status == 401)
        #expect(try await client.send("POST", "/v1/sessions/refresh", json: session.refreshBody).status == 401)
        #expect(try await client.send("POST", "/v1/sessions", json: account.credentials).status == 401)
        let fresh = #"{"email":"\#(account.email)","password":"eight grey herons"}"#
        #expect(try await client.send("POST", "/v1/sessions", json: fresh).status == 201)
        _ = try await shop.mail(to: account.email, with: "was changed")
        #expect(try await shop.mailCount(to: unknown) == 0)
    }

    @Test(
        "a new password ends the mailed links that were sent before it, however it was set",
        arguments: ["by mail", "by password"])
    func otherLinks(way: String) async throws {
        let shop = try Shop.current
        let account = TestAccount()
        try await account.insert(into: shop)
        let client = try client()
        let session = try await account.signIn(client)
        func ask(_ path: String, _ page: String) async throws -> String {
            #expect(try await client.send("POST", path, json: #"{"email":"\#(account.email)"}"#).status == 202)
            return try shop.token(in: try await shop.mail(to: account.email, with: "/account/" + page), page: page)
        }
        let other = try await ask("/v1/password-resets", "reset-password")
        let link = try await ask("/v1/sign-in-links", "sign-in")
        if way == "by mail" {
            #expect(try await client.send("POST", "/v1/password-resets", json: #"{"email":"\#(account.email)"}"#).status == 202)
            let used = try shop.token(
                in: try await shop.mail(to: account.email, with: "/account/reset-password", number: 2), page: "reset-password")
            let body = #"{"token":"\#(used)","password":"eight grey herons"}"#
            #expect(try await client.send("PUT", "/v1/password-resets", json: body).status == 204)
        } else {
            let body = #"{"password":"eight grey herons","current_password":"\#(account.password)"}"#
            #expect(try await client.send("PATCH", "/v1/me", [session.header], json: body).status == 200)
        }
        let again = #"{"token":"\#(other)","password":"nine brown herons"}"#
        #expect(try await client.send("PUT", "/v1/password-resets", json: again).code == "invalid_link")
        #expect(try await client.send("POST", "/v1/sessions", json: #"{"link_token":"\#(link)"}"#).status == 401)
    }

    @Test("a mailed link signs in, once, and is no token for anything else")
    func link() async throws {
        let shop = try Shop.current
        let account = TestAccount()
        try await account.insert(into: shop)
        let client = try client()
        #expect(try await client.send("POST", "/v1/sign-in-links", json: #"{"email":"\#(account.email)"}"#).status == 202)
        let token = try shop.token(in: try await shop.mail(to: account.email, with: "/account/sign-in"), page: "sign-in")
        #expect(try await client.send("POST", "/v1/email-confirmations", json: #"{"token":"\#(token)"}"#).status == 422)
        #expect(
            try await client.send("PUT", "/v1/password-resets", json: #"{"token":"\#(token)","password":"eight grey herons"}"#)
                .status == 422)
        let answer = try await client.send("POST", "/v1/sessions", json: #"{"link_token":"\#(token)"}"#)
        #expect(answer.status == 201)
        #expect(try await client.get("/v1/me", [TestSession(answer).header])["email"].text == account.email)
        #expect(try await client.send("POST", "/v1/sessions", json: #"{"link_token":"\#(token)"}"#).status == 401)
    }

    @Test("an address changes once both mailboxes have confirmed it")
    func changeOfAddress() async throws {
        let shop = try Shop.current
        let account = TestAccount()
        try await account.insert(into: shop)
        let client = try client()
        let session = try await account.signIn(client)
        let new = TestAccount("new").email
        let wrong = try await client.send(
            "PATCH", "/v1/me", [session.header], json: #"{"email":"\#(new)","current_password":"not the password"}"#)
        #expect(wrong.status == 403 && wrong.code == "wrong_password")
        let asked = try await client.send(
            "PATCH", "/v1/me", [session.header], json: #"{"email":"\#(new)","current_password":"\#(account.password)"}"#)
        #expect(asked.status == 200 && asked["email"].text == account.email)
        let old = try shop.token(in: try await shop.mail(to: account.email, with: "confirm-email"), page: "confirm-email")
        let fresh = try shop.token(in: try await shop.mail(to: new, with: "confirm-email"), page: "confirm-email")
        for _ in 0..<2 {
            let first = try await client.send("POST", "/v1/email-confirmations", json: #"{"token":"\#(fresh)"}"#)
            #expect(first.json == ["status": "waiting"])
        }
        #expect(try await client.get("/v1/me", [session.header])["email"].text == account.email)
        let second = try await client.send("POST", "/v1/email-confirmations", json: #"{"token":"\#(old)"}"#)
        #expect(second.json == ["status": "confirmed"])
        #expect(try await client.get("/v1/me", [session.header])["email"].text == new)
        #expect(
            try await client.send("POST", "/v1/sessions", json: #"{"email":"\#(new)","password":"\#(account.password)"}"#).status
                == 201)
    }

    @Test("name, password and addresses can be changed, and only those of one's own")
    func profile() async throws {
        let shop = try Shop.current
        let (account, other) = (TestAccount(), TestAccount("eve"))
        try await account.insert(into: shop)
        try await other.insert(into: shop)
        let client = try client()
        let (session, stranger) = (try await account.signIn(client), try await other.signIn(client))
        let named = try await client.send("PATCH", "/v1/me", [session.header], json: #"{"name":"Ada","id":"x","role":"owner"}"#)
        #expect(named["name"] == "Ada" && named["role"] == .absent)
        #expect(try await client.send("PATCH", "/v1/me", [session.header], json: #"{"name":null}"#)["name"] == .null)

        let address = #""name":"Ada Moss","line1":"1 Fern Row","city":"Leeds","postal_code":"LS1 4AP","country":"GB""#
        let first = try await client.send("POST", "/v1/me/addresses", [session.header], json: "{\(address)}")
        #expect(first.status == 201 && first["default_shipping"] == true && first["default_billing"] == true)
        let second = try await client.send(
            "POST", "/v1/me/addresses", [session.header], json: #"{\#(address),"default_shipping":true}"#)
        #expect(second.status == 201 && second["default_billing"] == false)
        let list = try await client.get("/v1/me/addresses", [session.header])
        #expect(list["data"].elements.map { $0["default_shipping"] } == [false, true])
        let path = first.header("Location") ?? ""
        for method in ["PUT", "DELETE"] {
            let answer =
                method == "PUT"
                ? try await client.send(method, path, [stranger.header], json: "{\(address)}")
                : try await client.send(method, path, [stranger.header])
            #expect(answer.status == 404)
        }
        #expect(try await client.get("/v1/me/addresses", [stranger.header])["data"] == [])
        let moved = try await client.send(
            "PUT", path, [session.header], json: #"{\#(address.replacing("1 Fern Row", with: "2 Fern Row"))}"#)
        #expect(moved.status == 200 && moved["line1"] == "2 Fern Row" && moved["default_billing"] == true)
        #expect(try await client.send("DELETE", path, [session.header]).status == 204)
        #expect(try await client.send("DELETE", path, [session.header]).status == 404)

        let changed = try await client.send(
            "PATCH", "/v1/me", [session.header],
            json: #"{"password":"eight grey herons","current_password":"\#(account.password)"}"#)
        #expect(changed.status == 200)
        #expect(try await client.get("/v1/me", [session.header]).status == 401)
        #expect(try await client.send("POST", "/v1/sessions", json: account.credentials).status == 401)
    }

    @Test("the present password cannot be guessed with a stolen access token, and that does not lock the owner out")
    func guesses() async throws {
        let account = TestAccount()
        try await account.insert(into: Shop.current)
        let client = try client()
        let here = ("X-Forwarded-For", "198.51.100.20")
        let session = try await account.signIn(client, [here])
        func change(_ password: String) async throws -> Answer {
            let json = #"{"password":"eight grey herons","current_password":"\#(password)"}"#
            return try await client.send("PATCH", "/v1/me", [session.header, ("X-Forwarded-For", "203.0.113.20")], json: json)
        }
        for number in 0..<5 { #expect(try await change("guess \(number)").code == "wrong_password") }
        for password in ["guess 6", account.password] {
            let refused = try await change(password)
            #expect(refused.status == 429 && refused.code == "too_many_sign_ins" && refused.header("Retry-After") != nil)
        }
        _ = try await account.signIn(client, [here])
    }

    @Test("a guest's orders become the customer's when the mailbox is proven, and those of no other guest")
    func orders() async throws {
        let shop = try Shop.current
        let account = TestAccount()
        let guest = try client()
        let body = #""email":"\#(account.email.uppercased())","#
        let buyer = ShopClient.buyer.replacing(#""email":"ada@example.com","#, with: body)
        let placed = try await guest.send(
            "POST", "/v1/orders", [("Idempotency-Key", Shop.newKey())],
            json: #"{"items":[{"sku":"POT","quantity":1}],\#(buyer)}"#)
        #expect(placed.status == 201)
        let client = try await register(account)
        let session = try await account.signIn(client)
        let list = try await client.get("/v1/orders?include=total", [session.header])
        #expect(list["data"].elements.map { $0["id"] } == [placed["id"]] && list["total"] == 1)
        let own = try await client.send(
            "POST", "/v1/orders", [("Idempotency-Key", "a"), session.header],
            json: #"{"items":[{"sku":"POT","quantity":2}],\#(ShopClient.buyer)}"#)
        #expect(own.status == 201)
        let page = try await client.get("/v1/orders?limit=1", [session.header])
        #expect(page["data"].elements.map { $0["id"] } == [own["id"]])
        let next = try await client.get("/v1/orders?limit=1&cursor=\(page["next_cursor"].text)", [session.header])
        #expect(next["data"].elements.map { $0["id"] } == [placed["id"]] && next["next_cursor"] == .null)
        for reference in [own["id"].text, own["number"].text] {
            #expect(try await client.get("/v1/orders/\(reference)", [session.header]).status == 200)
        }

        let other = TestAccount("eve")
        try await other.insert(into: shop)
        let stranger = try await other.signIn(client)
        for reference in [own["id"].text, own["number"].text, placed["id"].text] {
            #expect(try await client.get("/v1/orders/\(reference)", [stranger.header]).status == 404)
            #expect(try await client.send("POST", "/v1/orders/\(reference)/cancel", [stranger.header]).status == 404)
        }
        #expect(try await client.get("/v1/orders", [stranger.header])["data"] == [])
        #expect(
            try await client.get("/v1/orders?limit=1&cursor=\(page["next_cursor"].text)", [stranger.header]).code
                == "invalid_cursor")
        #expect(try await client.send("POST", "/v1/orders/\(own["id"].text)/cancel", [session.header]).status == 200)
        #expect(try await client.get("/v1/orders").status == 401)
    }

    @Test("the link to an order is mailed again, to the address that it was placed with")
    func lookup() async throws {
        let shop = try Shop.current
        let client = try client()
        let address = TestAccount("guest").email
        let buyer = ShopClient.buyer.replacing("ada@example.com", with: address)
        let placed = try await client.send(
            "POST", "/v1/orders", [("Idempotency-Key", Shop.newKey())],
            json: #"{"items":[{"sku":"POT","quantity":1}],\#(buyer)}"#)
        let number = placed["number"].text
        let other = TestAccount("eve").email
        var answers: [Answer] = []
        for (number, email) in [(number, address), (number, other), ("nothing", address)] {
            answers.append(
                try await client.send("POST", "/v1/orders/lookup", json: #"{"number":"\#(number)","email":"\#(email)"}"#))
        }
        #expect(answers.allSatisfy { $0.status == 202 && $0.json == answers[0].json })
        let mail = try await shop.mail(to: address, with: "You have asked for a link to your order")
        let start = try #require(mail.firstRange(of: "/orders/\(placed["id"].text)#")).upperBound
        let token = String(mail[start...].prefix(43))
        #expect(try await client.get("/v1/orders/\(number)", [("X-Order-Token", token)]).status == 200)
        #expect(try await shop.mailCount(to: other) == 0)
    }
}
