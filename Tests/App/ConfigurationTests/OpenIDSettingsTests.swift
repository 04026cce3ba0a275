import Testing

@testable import Configuration

@Suite("Settings of OpenID Connect")
struct OpenIDSettingsTests {
    private func load(_ more: [String: String]) throws -> OpenIDSettings {
        try Configuration.load(from: ["DATABASE_URL": "postgresql://shop@db.example/shop"].merging(more) { _, new in new }).openID
    }

    private func faults(_ issuers: String, _ more: [String: String] = [:]) -> [String] {
        do {
            _ = try load(more.merging(["OIDC_ISSUERS": issuers]) { $1 })
            return []
        } catch let error as ConfigurationError {
            return error.errors.map(\.description)
        } catch { return ["\(error)"] }
    }

    @Test("without the setting there are no issuers; times and sizes have defaults")
    func defaults() throws {
        let settings = try load([:])
        #expect(settings.issuers.isEmpty && settings.leeway == .seconds(60) && settings.cacheEntries == 10_000)
        #expect(settings.keys.interval == .seconds(60) && settings.keys.lifetime == .seconds(3_600))
        #expect(try load(["OIDC_ISSUERS": "[]"]).issuers.isEmpty)
    }

    @Test("several issuers, each with its own meaning")
    func issuers() throws {
        let settings = try load([
            "OIDC_ISSUERS": """
            [
              {"issuer": "https://login.example", "audience": "shop", "email_domains": ["Example.com"]},
              {"issuer": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a", "client_ids": ["4k"], "kind": "staff",
               "roles": {"Admins": "owner", "Desk": "support"}, "roles_claim": "cognito:groups",
               "jwks_uri": "https://keys.example/k"}
            ]
            """
        ])
        let (first, second) = (try #require(settings.issuers.first), try #require(settings.issuers.last))
        #expect(settings.issuers.count == 2)
        #expect(first.kind == .customer && first.trusted.audiences == ["shop"] && first.emailDomains == ["example.com"])
        #expect(first.trusted.keysURL == nil && first.roles.isEmpty)
        #expect(second.kind == .staff && second.trusted.clientIDs == ["4k"] && second.trusted.audiences.isEmpty)
        #expect(second.roles.map(\.group) == ["Admins", "Desk"] && second.roles.map(\.role) == [.owner, .support])
        #expect(second.trusted.keysURL == "https://keys.example/k" && second.rolesClaim == "cognito:groups")
    }

    @Test("each fault has its own clear line, all of them at once")
    func faultsOfEntries() {
        func one(_ entry: String, _ more: [String: String] = [:]) -> [String] { faults("[{\(entry)}]", more) }
        let good = #""issuer":"https://login.example","audience":"shop""#
        #expect(one(good).isEmpty)
        for (entry, problem) in [
            (#""audience":"shop""#, "\"issuer\" is missing"),
            (#""issuer":"http://login.example","audience":"shop""#, "\"issuer\" is not https"),
            (#""issuer":"https://login.example/?a=b","audience":"shop""#, "\"issuer\" has a query"),
            (#""issuer":"login.example","audience":"shop""#, "\"issuer\" is not a URL"),
            (#""issuer":"https://u:hunter2@login.example","audience":"shop""#, "\"issuer\" contains a user or password"),
            (#""issuer":1,"audience":"shop""#, "\"issuer\" is not a text"),
            (#""issuer":"https://login.example""#, "has neither \"audience\" nor \"client_ids\""),
            (#""issuer":"https://login.example","audience":[]"#, "\"audience\" is not a text or an array of texts"),
            (#""issuer":"https://login.example","audience":["a",1]"#, "\"audience\" is not a text or an array of texts"),
            (good + #","kind":"admin""#, "\"kind\" is neither customer nor staff"),
            (good + #","roles":{"a":"owner"}"#, "\"roles\" is set for customers"),
            (good + #","kind":"staff","roles":{"a":"king"}"#, "\"roles\" has an unknown role"),
            (good + #","kind":"staff","roles":{}"#, "\"roles\" is not an object with members"),
            (good + #","kind":"staff","roles_claim":"x""#, "\"roles_claim\" is set without \"roles\""),
            (good + #","email_domains":["@example.com"]"#, "\"email_domains\" has a text that is no domain"),
            (good + #","jwks_uri":"http://login.example/keys""#, "\"jwks_uri\" is not https"),
            (good + #","jwks_url":"https://login.example/keys""#, "has an unknown member \"jwks_url\""),
        ] {
            let found = one(entry)
            #expect(found.count == 1 && found[0].hasPrefix("OIDC_ISSUERS entry 1: \(problem); expected "), "\(found)")
            #expect(!found.joined().contains("hunter2"))
        }
        let several = one(#""issuer":"http://a.example","kind":"x","email_domains":[""]"#)
        #expect(several.count == 4, "\(several)")
        #expect(faults("[{\(good)},{\(good)}]").count == 1)
        #expect(one(good, ["TOKEN_ISSUER": "https://login.example"]).count == 1)
        for text in ["{", "{}", "1", "[1]", "https://login.example", "[{\(good)}] x"] {
            #expect(faults(text).count == 1, "\(text): \(faults(text))")
        }
        #expect(faults("[\(Array(repeating: "{\(good)}", count: 21).joined(separator: ","))]").count == 1)
    }

    @Test("http is for this machine, and for development where a setting says so")
    func plain() {
        let remote = #"[{"issuer":"http://login.example","audience":"shop"}]"#
        #expect(faults(#"[{"issuer":"http://127.0.0.1:9000/a","audience":"shop"}]"#).isEmpty)
        #expect(faults(remote).count == 1 && faults(remote, ["OIDC_ALLOW_HTTP": "on"]).isEmpty)
    }
}
