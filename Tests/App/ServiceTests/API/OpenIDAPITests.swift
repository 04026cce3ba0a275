import Foundation
import TestSupport
import Testing

/// Access tokens of OpenID Connect issuers over HTTP.
@Suite(.issuerShop)
struct OpenIDAPITests {
    private func client(_ service: Int = 0) throws -> ShopClient { ShopClient(try Shop.current, service: service) }

    private func bearer(_ token: String) -> (String, String) { ("Authorization", "Bearer " + token) }

    private func token(
        _ subject: String, of issuer: String = "customers", key: String = "rsa-1", _ claims: [String: TestClaim] = [:],
        header: [String: TestClaim] = [:]
    ) async throws -> (String, String) {
        let issuers = try IssuerShop.current
        return bearer(try await onOwnThread { try issuers.token(issuer, subject: subject, key: key, claims, header: header) })
    }

    private func me(_ header: (String, String), service: Int = 0) async throws -> Answer {
        try await client(service).get("/v1/me", [header])
    }

    private static func proven(_ email: String) -> [String: TestClaim] { ["email": .text(email), "email_verified": true] }

    @Test("the first token of a person makes an account, further ones are of the same account, on every task")
    func firstUse() async throws {
        let shop = try Shop.current
        let first = try await token("ada")
        let me = try await me(first)
        #expect(
            me.status == 200 && me["email"] == .null && me["has_password"] == false && me["role"] == .absent,
            "\(me.response.text)")
        for (key, service) in [("rsa-1", 0), ("ec-1", 0), ("rsa-1", 1), ("ec-1", 1)] {
            let again = try await self.me(token("ada", key: key), service: service)
            #expect(again.status == 200 && again["id"] == me["id"])
        }
        #expect(try await self.me(first)["id"] == me["id"])
        // Another subject is another person, and so is the same subject at another issuer.
        #expect(try await self.me(token("Ada"))["id"] != me["id"])
        #expect(try await self.me(token("ada", of: "others"))["id"] != me["id"])
        let event = try await shop.execute(
            "SELECT type || ' ' || sequence FROM outbox WHERE aggregate_id = '\(me["id"].text)'")
        #expect(event == "customer.registered 1")
        // It does all that a customer's own token does.
        let cart = try await client().send("POST", "/v1/carts", [first], json: "{}")
        #expect(cart.status == 201 && cart["token"] == .absent)
        let items = try await client().send(
            "POST", "/v1/carts/\(cart["id"].text)/items", [first], json: #"{"sku":"POT","quantity":1}"#)
        #expect(items.status == 200 || items.status == 201)
        let order = try await client(1).send(
            "POST", "/v1/orders", [("Idempotency-Key", "first"), first],
            json: #"{"cart_id":"\#(cart["id"].text)",\#(ShopClient.buyer)}"#)
        #expect(order.status == 201)
        #expect(try await client().get("/v1/orders", [first])["data"].elements.map { $0["id"] } == [order["id"]])
        #expect(try await client().get("/v1/orders", [token("Ada")])["data"].elements.isEmpty)
        for service in shop.services { #expect(!service.standardOutput.contains(first.1.dropFirst(7))) }
    }

    @Test("a person of an issuer listens to a cart, gets all that is kept, and deletes the account with a token that is new")
    func life() async throws {
        let (shop, client) = (try Shop.current, try client())
        for (subject, claims) in [("leaver", Self.proven("leaver@trusted.example")), ("nameless", [:])] {
            let first = try await token(subject, claims)
            let cart = try await client.send("POST", "/v1/carts", [first], json: "{}")
            let path = "/v1/carts/" + cart["id"].text
            let ticket = try await client.send("POST", path + "/tickets", [first])["ticket"].text
            let stream = try await EventStreamTestClient.connect(
                port: shop.services[1].port, path + "/events?ticket=" + ticket)
            #expect(try await stream.next()?.name == "cart.updated")

            let export = try await client.get("/v1/me/export", [first])
            #expect(export.status == 200 && export["account"]["id"].text.count == 36)
            #expect(export["external_identities"].elements.map { $0["subject"].text } == [subject])
            #expect(export["external_identities"].elements.first?["issuer"].text == (try IssuerShop.current).url("customers"))

            let old = try await token(
                subject, claims.merging(["iat": .number(Int(Date().timeIntervalSince1970) - 600)]) { $1 })
            let refused = try await client.send("DELETE", "/v1/me", [old])
            #expect(refused.status == 403 && refused.code == "sign_in_again", "\(refused.response.text)")
            // A new token of an old sign-in is no sign-in.
            let renewed = try await token(
                subject, claims.merging(["auth_time": .number(Int(Date().timeIntervalSince1970) - 600)]) { $1 })
            #expect(try await client.send("DELETE", "/v1/me", [renewed]).status == 403)
            #expect(try await client.send("DELETE", "/v1/me", [token(subject, claims)]).status == 204)
            #expect(try await stream.next() == nil)
            // Tokens from before make no account.
            for service in [0, 1] { #expect(try await me(first, service: service).status == 401) }
            #expect(try await client.send("DELETE", "/v1/me", [first]).status == 401)
            #expect(
                try await shop.execute("SELECT count(*) FROM external_identity WHERE subject = '\(subject)'") == "0")
            // The next token makes a new account.
            let later = claims.merging(["iat": .number(Int(Date().timeIntervalSince1970) + 30)]) { $1 }
            let again = try await me(token(subject, later))
            #expect(again.status == 200 && again["id"] != export["account"]["id"])
        }
    }

    @Test("many first tokens at once make one account")
    func race() async throws {
        let shop = try Shop.current
        var headers: [(String, String)] = []
        for _ in 0..<16 { headers.append(try await token("racer", Self.proven("racer@trusted.example"))) }
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for (number, header) in headers.enumerated() {
                group.addTask { try await ShopClient(shop, service: number % 2).get("/v1/me", [header])["id"].text }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(ids.count == 1 && ids.first?.count == 36, "\(ids)")
        #expect(try await shop.execute("SELECT count(*) FROM account WHERE email = 'racer@trusted.example'") == "1")
    }

    @Test("a token that is not one of the issuer for the shop is refused")
    func refusals() async throws {
        let issuers = try IssuerShop.current
        let now = Int(Date().timeIntervalSince1970)
        let claims: [([String: TestClaim], String)] = [
            (["aud": "other"], "another audience"), (["aud": ["other", "Shop"]], "another audience"),
            (["aud": nil], "another audience"),
            (["azp": "other"], "another client"), (["client_id": "other"], "another client"),
            (["exp": .number(now - 61)], "expired"), (["exp": nil], "\"exp\" is missing"),
            (["nbf": .number(now + 120)], "not valid yet"),
            (["iat": .number(now + 120)], "not valid yet"), (["sub": nil], "\"sub\" is missing"), (["nonce": "n"], "nonce"),
            (["typ": "ID"], "not an access token"), (["iss": .text(issuers.url("nowhere"))], "cannot be used"),
            (["iss": .text(issuers.url("others"))], "signature is wrong"),
        ]
        var refused: [(String, String)] = []
        for (claims, reason) in claims {
            // The other issuer has a key of the same name; here the token is signed with one of its own.
            let key = reason.contains("signature") ? "rsa-9" : "rsa-1"
            let header: [String: TestClaim] = key == "rsa-9" ? ["kid": "rsa-1"] : [:]
            refused.append((try issuers.token("customers", subject: "eve", key: key, claims, header: header), reason))
        }
        for (header, reason) in [
            (["alg": "HS256"], "at+jwt"), (["alg": "none"], "no signature"), (["alg": "RS512"], "neither RS256 nor ES256"),
            (["alg": "PS256"], "neither RS256 nor ES256"), (["alg": "ES256"], "kid"), (["kid": nil], "signature is wrong"),
            (["typ": "logout+jwt"], "not an access token"), (["crit": ["exp"]], "extension"),
        ] as [([String: TestClaim], String)] {
            if header.keys.contains("kid") {
                // With one key of its kind the set leaves no choice; an unknown signer is found out all the same.
                refused.append(
                    (try issuers.token("customers", subject: "eve", key: "rsa-9", header: header), "signature is wrong"))
            } else {
                refused.append((try issuers.token("customers", subject: "eve", header: header), reason))
            }
        }
        // A key in the token is ignored, and so is a place to fetch one from.
        refused.append(
            (
                try issuers.token("customers", subject: "eve", key: "rsa-9", header: ["kid": "rsa-1", "jwk": "own"]),
                "signature is wrong"
            ))
        refused.append(
            (
                try issuers.token(
                    "customers", subject: "eve", key: "rsa-9",
                    header: ["kid": "rsa-1", "jku": .text(issuers.url("failing") + "/keys")]),
                "signature is wrong"
            ))
        let good = try issuers.token("customers", subject: "eve")
        refused.append((good + ".", "not a signed JWT"))
        refused.append((String(good.dropLast(4)) + (good.hasSuffix("AAAA") ? "BBBB" : "AAAA"), "signature is wrong"))
        for (token, reason) in refused {
            let answer = try await me(bearer(token))
            #expect(answer.status == 401 && answer.code == "unauthorized", "\(reason): \(answer.response.text)")
            #expect(answer["detail"].text.contains(reason), "\(reason): \(answer.response.text)")
            #expect(answer.header("WWW-Authenticate")?.contains("invalid_token") == true)
        }
        #expect(try await me(token("eve2", header: ["jku": "https://evil.example/keys", "typ": "at+jwt"])).status == 200)
        #expect(try await Shop.current.execute("SELECT count(*) FROM external_identity WHERE subject = 'eve'") == "0")
    }

    @Test("Amazon Cognito: access tokens have a client in place of an audience, groups are roles, ID tokens are refused")
    func cognito() async throws {
        func header(_ groups: [String]?, _ more: [String: TestClaim] = [:]) async throws -> (String, String) {
            var claims: [String: TestClaim] = ["aud": nil, "client_id": "client", "token_use": "access"]
            claims["cognito:groups"] = groups.map { TestClaim.texts($0) } ?? .absent
            return try await token("boss", of: "cognito", claims.merging(more) { $1 })
        }
        let boss = try await me(header(["Desk", "Bosses"]))
        #expect(boss.status == 200 && boss["role"] == "owner", "\(boss.response.text)")
        // The role is the token's, not the account's.
        let desk = try await me(header(["Desk"]), service: 1)
        #expect(desk["role"] == "support" && desk["id"] == boss["id"])
        #expect(try await me(header(["Strangers"]))["role"] == .absent)
        #expect(try await me(header(nil))["role"] == .absent)
        #expect(
            try await Shop.current.execute("SELECT count(*) FROM account WHERE id = '\(boss["id"].text)' AND role IS NULL") == "1"
        )
        for (claims, reason) in [
            (["token_use": "id"], "token_use"), (["token_use": "id", "aud": "client"], "token_use"),
            (["client_id": "other"], "another client"), (["client_id": nil], "is missing"),
            (["token_use": nil], "another audience"),
        ] as [([String: TestClaim], String)] {
            let answer = try await me(header(["Bosses"], claims))
            #expect(answer.status == 401 && answer["detail"].text.contains(reason), "\(reason): \(answer.response.text)")
        }
    }

    @Test(
        "a new key is fetched when a token names it; what a withdrawn key has signed is refused, also where it was accepted before"
    )
    func rotation() async throws {
        let issuers = try IssuerShop.current
        let old = try await token("ada", of: "turning")
        #expect(try await me(old).status == 200)
        try issuers.set("turning", keys: ["rsa-2", "ec-2"])
        let new = try await token("ada", of: "turning", key: "ec-2")
        // The service may fetch once a second.
        let deadline = TestSupport.Deadline(seconds: 30)
        while try await me(new).status != 200, !deadline.isOver { try await Task.sleep(for: .milliseconds(50)) }
        #expect(try await me(new).status == 200)
        #expect(try await me(token("ada", of: "turning", key: "rsa-2")).status == 200)
        #expect(try await me(old).status == 401)
    }

    @Test("while an issuer fails, the keys that are known go on; with an issuer that lies there are none")
    func failing() async throws {
        let issuers = try IssuerShop.current
        #expect(try await me(token("ada", of: "failing")).status == 200)
        for mode in ["down", "garbage", "liar"] {
            try issuers.set("failing", mode: mode, keys: ["rsa-3"])
            let answer = try await me(token("ada", of: "failing", key: "rsa-3"))
            #expect(answer.status == 401 && answer["detail"].text.contains("kid"), "\(answer.response.text)")
            #expect(try await me(token("ada", of: "failing")).status == 200)
        }
        for service in try Shop.current.services {
            let liar = try await token("ada", of: "liar")
            // A route that needs no person does not pretend that there is none.
            for (method, path) in [("GET", "/v1/me"), ("POST", "/v1/carts")] {
                let answer = Answer(try await service.client().request(method, path, headers: [liar]))
                #expect(answer.status == 503 && answer.code == "issuer_unavailable" && answer.header("Retry-After") != nil)
            }
            #expect(try await service.client().request("GET", "/v1/products", headers: [liar]).status == 200)
        }
    }

    @Test("many unknown keys at once cause one fetch a minute at most")
    func flood() async throws {
        let (shop, issuers) = (try Shop.current, try IssuerShop.current)
        #expect(try await me(token("ada", of: "flooded"), service: 1).status == 200)
        try issuers.set("flooded")
        let before = try issuers.keyRequests("flooded")
        let began = ContinuousClock.now
        let tokens = try await onOwnThread {
            try (0..<60).map { try issuers.token("flooded", subject: "eve", header: ["kid": .text("unknown-\($0)")]) }
        }
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for token in tokens {
                group.addTask {
                    try await ShopClient(shop, service: 1).get("/v1/me", [("Authorization", "Bearer " + token)]).status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.allSatisfy { $0 == 401 } && statuses.count == 60)
        // The first service fetches when its keys are due only, which is later than this test.
        let minutes = Int((ContinuousClock.now - began).components.seconds) / 60 + 1
        #expect(try issuers.keyRequests("flooded") - before <= minutes)
    }

    @Test("a disabled account is cut off on every task, also with tokens of an issuer, until it is enabled again")
    func disabling() async throws {
        let shop = try Shop.current
        let header = try await token("leaver")
        let id = try await me(header)["id"].text
        #expect(try await me(header, service: 1).status == 200)
        func wait(_ status: Int, _ header: (String, String)) async throws {
            for service in 0..<2 {
                let deadline = TestSupport.Deadline(seconds: 30)
                while try await me(header, service: service).status != status, !deadline.isOver {
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(try await me(header, service: service).status == status)
            }
        }
        try await shop.execute("UPDATE account SET disabled_at = now() WHERE id = '\(id)'")
        try await wait(401, header)
        // A token that was not seen before, too.
        #expect(try await me(token("leaver")).status == 401)
        try await shop.execute("UPDATE account SET disabled_at = NULL WHERE id = '\(id)'")
        try await wait(200, header)
        // The shop's own tokens end in the same way.
        let account = TestAccount()
        try await account.insert(into: shop)
        let session = try await account.signIn(try client())
        try await shop.execute("UPDATE account SET disabled_at = now() WHERE email = '\(account.email)'")
        try await wait(401, session.header)
        // So do they with a change of the role; the session goes on.
        let member = TestAccount()
        try await member.insert(into: shop)
        let before = try await member.signIn(try client())
        try await shop.execute("UPDATE account SET role = 'support' WHERE email = '\(member.email)'")
        try await wait(401, before.header)
        let after = TestSession(try await client().send("POST", "/v1/sessions/refresh", json: before.refreshBody))
        #expect(try await me(after.header)["role"] == "support")
    }

    @Test("signing out ends the person's tokens so far; a later one is good")
    func signingOut() async throws {
        let now = Int(Date().timeIntervalSince1970)
        for (path, subject) in [("/v1/sessions", "one"), ("/v1/me/sessions", "all")] {
            let old = try await token(subject, ["iat": .number(now - 100)])
            let other = try await token(subject, ["iat": .number(now - 50)])
            #expect(try await me(old).status == 200)
            #expect(try await me(other, service: 1).status == 200)
            #expect(try await client().send("DELETE", path, [old]).status == 204)
            #expect(try await me(old).status == 401)
            let deadline = TestSupport.Deadline(seconds: 30)
            while try await me(other, service: 1).status != 401, !deadline.isOver { try await Task.sleep(for: .milliseconds(50)) }
            #expect(try await me(other, service: 1).status == 401)
            // Issuers' clocks may be some seconds ahead.
            let later = try await token(subject, ["iat": .number(now + 30)])
            #expect(try await me(later).status == 200)
            #expect(try await me(later, service: 1).status == 200)
            #expect(try await me(later)["id"] == me(later, service: 1)["id"])
        }
    }

    @Test("an account is linked by an address that an issuer has proven and may speak for, and by nothing else")
    func linking() async throws {
        let shop = try Shop.current
        func account(_ role: String? = nil) async throws -> (id: String, email: String) {
            let email = "p\(UUID().uuidString.prefix(8).lowercased())@trusted.example"
            let id = try await shop.execute(
                """
                WITH made AS (INSERT INTO account (id, email, email_key, role) VALUES (gen_random_uuid(), '\(email)', '\(email)',
                    \(role.map { "'\($0)'" } ?? "NULL")) RETURNING id) SELECT id FROM made
                """)
            return (id, email)
        }
        let known = try await account()
        // Not verified, or of another domain: an account of its own, without an address.
        for (number, claims) in [
            ["email": .text(known.email)], ["email": .text(known.email), "email_verified": false],
            ["email": .text(known.email), "email_verified": "true"],
            Self.proven(known.email + ".evil.example"), Self.proven("p@untrusted.example"),
        ].enumerated() as EnumeratedSequence<[[String: TestClaim]]> {
            let me = try await me(token("stranger-\(number)", claims))
            #expect(me.status == 200 && me["email"] == .null && me["id"].text != known.id, "\(number)")
        }
        let linked = try await me(token("friend", Self.proven(known.email.uppercased())))
        #expect(linked["id"].text == known.id && linked["email"].text == known.email)
        // Later tokens need no address.
        #expect(try await me(token("friend"))["id"].text == known.id)
        // Another person of the same issuer who has been given the address.
        let second = try await me(token("successor", Self.proven(known.email)))
        #expect(second["id"].text != known.id && second["email"] == .null)
        // A person of another issuer is the same person: each has proven the mailbox.
        #expect(try await me(token("friend", of: "others", Self.proven(known.email)))["id"].text == known.id)

        let owner = try await account("owner")
        let customer = try await me(token("sly", Self.proven(owner.email)))
        #expect(customer["id"].text != owner.id && customer["role"] == .absent)
        let staff = try await me(token("owner", of: "staff", Self.proven(owner.email)))
        #expect(staff["id"].text == owner.id && staff["role"] == "owner")

        let disabled = try await account()
        try await shop.execute("UPDATE account SET disabled_at = now() WHERE id = '\(disabled.id)'")
        #expect(try await me(token("banned", Self.proven(disabled.email))).status == 401)
        #expect(try await shop.execute("SELECT count(*) FROM external_identity WHERE subject = 'banned'") == "0")
    }

    @Test("orders of a guest with a proven address come with the first token")
    func guestOrders() async throws {
        let client = try client()
        let email = "g\(UUID().uuidString.prefix(8).lowercased())@trusted.example"
        let order = try await client.send(
            "POST", "/v1/orders", [("Idempotency-Key", Shop.newKey())],
            json: #"{"items":[{"sku":"POT","quantity":1}],\#(ShopClient.buyer.replacing("ada@example.com", with: email))}"#)
        #expect(order.status == 201)
        let unproven = try await token("guest-0", ["email": .text(email)])
        #expect(try await client.get("/v1/orders", [unproven])["data"].elements.isEmpty)
        let proven = try await token("guest-1", Self.proven(email))
        #expect(try await client.get("/v1/orders", [proven])["data"].elements.map { $0["id"] } == [order["id"]])
    }

    @Test("registering with the address of an account that came from an issuer takes nothing over")
    func registering() async throws {
        let shop = try Shop.current
        let client = try client()
        var account = TestAccount("owned")
        account.email = account.email.replacing("example.org", with: "trusted.example")
        // One registration is under way when the account is made, another one comes afterwards.
        #expect(try await client.send("POST", "/v1/users", json: account.credentials).status == 202)
        let pending = try shop.token(in: try await shop.mail(to: account.email, with: "confirm-email"), page: "confirm-email")
        let header = try await token("owned", Self.proven(account.email))
        let id = try await me(header)["id"]
        let confirmed = try await client.send("POST", "/v1/email-confirmations", json: #"{"token":"\#(pending)"}"#)
        #expect(confirmed.status == 422 && confirmed.code == "invalid_link")
        #expect(try await client.send("POST", "/v1/users", json: account.credentials).status == 202)
        _ = try await shop.mail(to: account.email, with: "already have an account")
        #expect(try await client.send("POST", "/v1/sessions", json: account.credentials).status == 401)
        let profile = try await me(header)
        #expect(profile["id"] == id && profile["has_password"] == false)
    }

    @Test("the shop's own tokens are remembered, too, if a public key verifies them, and end with their session")
    func own() async throws {
        let account = TestAccount()
        try await account.insert(into: try Shop.current)
        let session = try await account.signIn(try client())
        #expect(session.access.hasPrefix("eyJhbGciOiJFUzI1NiI"))
        for service in [0, 1, 0, 1] { #expect(try await me(session.header, service: service).status == 200) }
        #expect(try await client().send("DELETE", "/v1/sessions", [session.header]).status == 204)
        #expect(try await me(session.header).status == 401)
        let deadline = TestSupport.Deadline(seconds: 30)
        while try await me(session.header, service: 1).status != 401, !deadline.isOver {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try await me(session.header, service: 1).status == 401)
        #expect(try await client().get("/.well-known/jwks.json")["keys"].elements.count == 1)
    }
}
