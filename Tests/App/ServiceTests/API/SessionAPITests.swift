import Foundation
import TestSupport
import Testing

/// Sessions and their tokens over HTTP.
@Suite(.shop([Goods("POT", stock: 100), Goods("CUP", stock: 5)], environments: AccountShop.environments))
struct SessionAPITests {
    private func client(_ service: Int = 0) throws -> ShopClient { ShopClient(try Shop.current, service: service) }

    private func account(_ name: String = "ada") async throws -> TestAccount {
        let account = TestAccount(name)
        try await account.insert(into: try Shop.current)
        return account
    }

    @Test("a refresh token works once, once more within ten seconds, and then its session ends")
    func refreshing() async throws {
        let client = try client()
        let session = try await account().signIn(client)
        let first = try await client.send("POST", "/v1/sessions/refresh", json: session.refreshBody)
        #expect(first.status == 200 && first.header("Set-Cookie") == nil)
        let next = TestSession(first)
        #expect(next.refresh != session.refresh && next.refresh.utf8.count == 64)
        #expect(try await client.get("/v1/me", [next.header]).status == 200)
        let repeated = try await client.send("POST", "/v1/sessions/refresh", json: session.refreshBody)
        #expect(repeated.status == 200)
        // Both of the pair go on.
        let third = TestSession(try await client.send("POST", "/v1/sessions/refresh", json: next.refreshBody))
        #expect(
            try await client.send("POST", "/v1/sessions/refresh", json: TestSession(repeated).refreshBody).status == 200)
        let reused = try await client.send("POST", "/v1/sessions/refresh", json: session.refreshBody)
        #expect(reused.status == 401 && reused.code == "session_ended")
        // The family is gone with it.
        #expect(try await client.send("POST", "/v1/sessions/refresh", json: third.refreshBody).status == 401)
        #expect(try await client.get("/v1/me", [third.header]).status == 401)
    }

    @Test("a token that was used long ago ends the session, and so does one that was never issued")
    func reuse() async throws {
        let shop = try Shop.current
        let client = try client()
        let session = try await account().signIn(client)
        let next = TestSession(try await client.send("POST", "/v1/sessions/refresh", json: session.refreshBody))
        try await shop.execute("UPDATE refresh_token SET used_at = used_at - interval '11 seconds' WHERE used_at IS NOT NULL")
        #expect(try await client.send("POST", "/v1/sessions/refresh", json: session.refreshBody).status == 401)
        #expect(try await client.send("POST", "/v1/sessions/refresh", json: next.refreshBody).status == 401)

        let other = try await account().signIn(client)
        let last: Character = other.refresh.last == "A" ? "E" : "A"
        let forged = String(other.refresh.dropLast()) + String(last)
        #expect(
            try await client.send("POST", "/v1/sessions/refresh", json: #"{"refresh_token":"\#(forged)"}"#).status == 401)
        #expect(try await client.send("POST", "/v1/sessions/refresh", json: other.refreshBody).status == 401)
    }

    @Test("a token that twenty clients send at once gives two pairs at most")
    func raceOfRefreshes() async throws {
        let session = try await account().signIn(try client())
        let shop = try Shop.current
        let statuses = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    let client = ShopClient(shop)
                    return (try? await client.send("POST", "/v1/sessions/refresh", json: session.refreshBody).status) ?? 0
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.filter { $0 == 200 }.count <= 2 && statuses.allSatisfy { $0 == 200 || $0 == 401 })
    }

    @Test("browsers have the refresh token in a cookie, which pages of other sites cannot use")
    func cookies() async throws {
        let client = try client()
        let account = try await account()
        let answer = try await client.send("POST", "/v1/sessions", json: account.credentials)
        let cookie = try #require(answer.header("Set-Cookie"))
        let session = TestSession(answer)
        #expect(
            cookie
                == "__Host-refresh_token=\(session.refresh); Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=2592000")
        let sent = ("Cookie", "other=1; __Host-refresh_token=\(session.refresh)")
        for headers in [
            [("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")], [("Origin", "https://evil.example")],
            [("Origin", "null")],
        ] {
            let refused = try await client.send("POST", "/v1/sessions/refresh", [sent] + headers)
            #expect(refused.status == 403 && refused.code == "cross_site", "\(headers)")
        }
        let refreshed = try await client.send("POST", "/v1/sessions/refresh", [sent, ("Sec-Fetch-Site", "same-origin")])
        #expect(refreshed.status == 200 && refreshed["refresh_token"] == .absent)
        let next = try #require(refreshed.header("Set-Cookie")).prefix { $0 != ";" }
        let again = try await client.send("POST", "/v1/sessions/refresh", [("Cookie", String(next))])
        #expect(again.status == 200)
        let left = try await client.send("DELETE", "/v1/sessions", [TestSession(again).header])
        #expect(left.status == 204 && left.header("Set-Cookie")?.hasSuffix("Max-Age=0") == true)
        // Two of them: one may be planted.
        let two = ("Cookie", "__Host-refresh_token=a; __Host-refresh_token=b")
        #expect(try await client.send("POST", "/v1/sessions/refresh", [two]).status == 401)
    }

    @Test("ending a session, or all, holds on every task within two seconds")
    func ending() async throws {
        let (here, there) = (try client(), try client(1))
        let account = try await account()
        let sessions = [try await account.signIn(here), try await account.signIn(here), try await account.signIn(there)]
        for session in sessions { #expect(try await there.get("/v1/me", [session.header]).status == 200) }
        func end(_ method: String, _ path: String, ends ended: [TestSession]) async throws {
            let begun = ContinuousClock.now
            #expect(try await here.send(method, path, [sessions[0].header]).status == 204)
            for session in ended {
                #expect(try await here.get("/v1/me", [session.header]).status == 401)
                let deadline = TestSupport.Deadline(seconds: 30)
                while try await there.get("/v1/me", [session.header]).status == 200, !deadline.isOver {
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(try await there.get("/v1/me", [session.header]).status == 401)
            }
            #expect(ContinuousClock.now - begun < .seconds(20))
        }
        let list = try await here.get("/v1/me/sessions", [sessions[0].header])["data"].elements
        #expect(list.count == 3)
        let second = try #require(list.filter { $0["current"] == false }.last)
        let other = try await self.account("eve").signIn(here)
        #expect(try await here.send("DELETE", "/v1/me/sessions/\(second["id"].text)", [other.header]).status == 404)
        try await end("DELETE", "/v1/me/sessions/\(second["id"].text)", ends: [sessions[1]])
        #expect(try await there.get("/v1/me", [sessions[2].header]).status == 200)
        try await end("DELETE", "/v1/me/sessions", ends: [sessions[0], sessions[2]])
        #expect(try await here.get("/v1/me", [other.header]).status == 200)
        #expect(try await here.send("POST", "/v1/sessions/refresh", json: sessions[2].refreshBody).status == 401)
    }

    @Test("tokens that are none are refused, and say so")
    func badTokens() async throws {
        let client = try client()
        let session = try await account().signIn(client)
        let parts = session.access.split(separator: ".").map(String.init)
        let tampered = [parts[0], parts[1], String(parts[2].reversed())].joined(separator: ".")
        for value in [
            "Bearer", "Bearer x", "Basic " + session.access, "Bearer " + tampered, "Bearer " + session.refresh,
            "Bearer \(session.access) x", "Bearer \(parts[0]).\(parts[1]).",
        ] {
            let answer = try await client.get("/v1/me", [("Authorization", value)])
            #expect(answer.status == 401 && answer.code == "unauthorized", "\(value.prefix(12))")
            #expect(answer.header("WWW-Authenticate")?.contains("invalid_token") == true)
            #expect(try await client.get("/v1/orders/none", [("Authorization", value)]).status == 401)
            #expect(try await client.get("/v1/products", [("Authorization", value)]).status == 200)
        }
        let none = try await client.get("/v1/me")
        #expect(none.status == 401 && none.header("WWW-Authenticate") == "Bearer")
        #expect(try await client.get("/v1/me", [("Authorization", "bearer  " + session.access)]).status == 200)
    }

    @Test("a disabled account can neither sign in nor refresh")
    func disabled() async throws {
        let shop = try Shop.current
        let client = try client()
        let account = try await account()
        let session = try await account.signIn(client)
        try await shop.execute("UPDATE account SET disabled_at = now() WHERE email = '\(account.email)'")
        #expect(try await client.send("POST", "/v1/sessions", json: account.credentials).status == 401)
        #expect(try await client.send("POST", "/v1/sessions/refresh", json: session.refreshBody).status == 401)
    }

    @Test("a stored hash with other parameters is replaced at the next sign-in")
    func upgrade() async throws {
        let shop = try Shop.current
        let account = try await account()
        _ = try await account.signIn(try client())
        let hash = try await shop.execute("SELECT password_hash FROM account WHERE email = '\(account.email)'")
        #expect(hash.hasPrefix("$scrypt$ln=15,r=8,p=3$"))
        _ = try await account.signIn(try client())
    }

    @Test("after five failures a client must wait, and the owner elsewhere need not")
    func throttle() async throws {
        let client = try client()
        let account = try await account()
        let wrong = #"{"email":"\#(account.email)","password":"not the password"}"#
        for body in [wrong, wrong.replacing(account.email, with: TestAccount("unknown").email)] {
            let attacker = ("X-Forwarded-For", "203.0.113.7")
            for _ in 0..<5 { #expect(try await client.send("POST", "/v1/sessions", [attacker], json: body).status == 401) }
            let refused = try await client.send("POST", "/v1/sessions", [attacker], json: body)
            #expect(refused.status == 429 && refused.code == "too_many_sign_ins")
            #expect((Int(refused.header("Retry-After") ?? "") ?? 0) >= 1)
        }
        _ = try await account.signIn(client, [("X-Forwarded-For", "198.51.100.9")])
    }

    @Test("a mail informs of a sign-in from elsewhere, and not of the first one")
    func newSignIn() async throws {
        let shop = try Shop.current
        let client = try client()
        let account = try await account()
        let agent = ("User-Agent", "Test Browser")
        _ = try await account.signIn(client, [("X-Forwarded-For", "198.51.100.1"), agent])
        _ = try await account.signIn(client, [("X-Forwarded-For", "198.51.100.1"), agent])
        #expect(
            try await shop.execute("SELECT count(*) FROM account_request WHERE email = '\(account.email)'") == "0")
        _ = try await account.signIn(client, [("X-Forwarded-For", "198.51.100.2"), agent])
        let mail = try await shop.mail(to: account.email, with: "New sign-in")
        #expect(mail.contains("Test Browser"))
    }

    @Test("the places from which a person has signed in are remembered for half a year, and no more than a hundred")
    func places() async throws {
        let shop = try Shop.current
        let account = try await account()
        let here = ("X-Forwarded-For", "198.51.100.77")
        _ = try await account.signIn(try client(), [here])
        let person = "(SELECT id FROM account WHERE email = '\(account.email)')"
        try await shop.execute(
            """
            INSERT INTO account_client (account_id, client_hash, seen_at) SELECT \(person), sha256(n::text::bytea),
                now() - n * interval '1 day' FROM generate_series(1, 250) n;
            UPDATE account_client SET seen_at = now() - interval '300 days' WHERE account_id = \(person)
                AND length(client_hash) > 0 AND seen_at > now() - interval '12 hours';
            """)
        // From where the person signs in now, it stays, however long ago the last time was.
        _ = try await account.signIn(try client(), [here])
        func count(_ condition: String) async throws -> String {
            try await shop.execute("SELECT count(*) FROM account_client WHERE account_id = \(person) AND \(condition)")
        }
        #expect(try await count("true") == "100")
        #expect(try await count("seen_at < now() - interval '180 days'") == "0")
        #expect(try await count("seen_at > now() - interval '1 hour'") == "1")
    }

    @Test("signing in with a guest's cart merges it, and doing so again changes nothing")
    func cart() async throws {
        let client = try client()
        let account = try await account()
        let guest = try await client.makeCart()
        try await client.add("POT", 3, to: guest)
        let session = try await account.signIn(client, [guest.header])
        let path = "/v1/carts/\(session.cart)"
        let cart = try await client.get(path, [session.header])
        #expect(cart["items"].elements.map { $0["quantity"] } == [3] && cart["token"] == .absent)
        #expect(try await client.read(guest)["status"] == "merged")
        #expect(try await client.add("POT", 1, to: guest).code == "cart_merged")
        // The guest's token opens nothing of the customer's.
        #expect(try await client.get(path, [guest.header]).status == 404)
        #expect(try await client.get(path).status == 404)

        let second = try await client.makeCart()
        try await client.add("POT", 2, to: second)
        try await client.add("CUP", 5, to: second)
        for _ in 0..<2 {
            let again = try await account.signIn(client, [second.header])
            #expect(again.cart == session.cart)
            let merged = try await client.get(path, [again.header])
            #expect(merged["items"].elements.map { $0["quantity"] } == [3, 5])
        }
        // One cart for each customer.
        let made = try await client.send("POST", "/v1/carts", [session.header], json: "{}")
        #expect(made.status == 200 && made["id"].text == session.cart)
        let stranger = try await self.account("eve").signIn(client)
        #expect(try await client.get(path, [stranger.header]).status == 404)
        #expect(
            try await client.send("POST", "/v1/sessions", [("X-Cart-Token", "none")], json: account.credentials).status == 201)

        let order = try await client.send(
            "POST", "/v1/orders", [("Idempotency-Key", "first"), session.header],
            json: #"{"cart_id":"\#(session.cart)",\#(ShopClient.buyer)}"#)
        #expect(order.status == 201)
        let replay = try await client.send(
            "POST", "/v1/orders", [("Idempotency-Key", "first"), session.header],
            json: #"{"cart_id":"\#(session.cart)",\#(ShopClient.buyer)}"#)
        #expect(replay.status == 201 && replay["id"] == order["id"] && replay.header("Idempotent-Replayed") == "true")
        #expect(try await client.get("/v1/orders", [session.header])["data"].elements.map { $0["id"] } == [order["id"]])
        let next = try await client.send("POST", "/v1/carts", [session.header], json: "{}")
        #expect(next.status == 201 && next["id"].text != session.cart && next["token"] == .absent)
    }

    @Test("a member of the staff gets an account by a command, and signs in")
    func staff() async throws {
        let shop = try Shop.current
        let person = TestAccount("owner")
        let arguments = ["user", "create", "--email", person.email, "--role", "owner", "--password-stdin"]
        func run(_ arguments: [String], _ input: String) async throws -> Command {
            try await shop.command(arguments, input: input)
        }
        let made = try await run(arguments, person.password + "\n")
        #expect(made.status == .exited(0), "\(made.error)")
        #expect(try await run(arguments, person.password + "\n").status == .exited(1))
        #expect(try await run(arguments, "password\n").status == .exited(65))
        #expect(try await run(arguments.map { $0 == "owner" ? "king" : $0 }, person.password).status == .exited(64))
        let client = try client()
        let session = try await person.signIn(client)
        let me = try await client.get("/v1/me", [session.header])
        #expect(me["role"] == "owner" && me["id"].text == made.output.trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
