import Foundation
import TestSupport
import Testing

/// Proof of a person, checked by a service that runs as another process.
@Suite("Proof of a person")
struct ChallengeAPITests {
    private static let secret = "captcha-secret-never-shown & more"

    /// A shop that asks for proof, and the service that checks it.
    private struct Scene {
        let stage: Stage
        let verifier: PeerProcess
        let service: ServiceProcess

        init(_ settings: [String: String] = [:], secret: String = ChallengeAPITests.secret) async throws {
            stage = try Stage()
            verifier = try PeerProcess("captcha_verifier")
            let common = [
                "JWT_SECRET": Shop.tokenSecret, "WORKER": "off", "PASSWORD_QUEUE": "100", "TRUSTED_PROXIES": "127.0.0.1",
                "CAPTCHA_VERIFY_URL": "http://127.0.0.1:\(try verifier.value("port"))/siteverify", "CAPTCHA_SECRET": secret,
                "CORS_ORIGINS": "https://shop.example",
            ]
            service = try await stage.serve(common.merging(settings) { $1 })
            try await service.waitUntilWell()
        }

        func send(_ path: String, _ json: String, proof: String? = nil, client: String = "203.0.113.1") async throws -> Answer {
            let headers = [("Content-Type", "application/json"), ("X-Forwarded-For", client)]
            let more = proof.map { [("X-Challenge-Response", $0)] } ?? []
            return Answer(try await service.client().request("POST", path, headers: headers + more, body: Array(json.utf8)))
        }

        /// What the service was asked.
        var checks: [[String: String]] {
            verifier.lines.compactMap { try? JSONDecoder().decode([String: String].self, from: Data($0.utf8)) }
        }

        func requests() async throws -> String { try await stage.execute("SELECT count(*) FROM account_request") }
    }

    private static let calls = [
        ("/v1/users", #"{"email":"ada@example.org","password":"seven green herons"}"#),
        ("/v1/password-resets", #"{"email":"ada@example.org"}"#), ("/v1/sign-in-links", #"{"email":"ada@example.org"}"#),
        ("/v1/orders/lookup", #"{"number":"7K3M9QXR2W","email":"ada@example.org"}"#),
    ]

    @Test("what sends mails needs it, and an answer counts once")
    func mails() async throws {
        let scene = try await Scene()
        for (path, json) in Self.calls {
            let good = "good-\(UUID().uuidString) & + %41=ä"
            for proof in [nil, "", "wrong", "robot-1", String(repeating: "x", count: 5_000)] {
                let refused = try await scene.send(path, json, proof: proof)
                #expect(refused.status == 403 && refused.code == "challenge_required", "\(path) \(proof ?? "")")
                #expect(refused.faults(to: "POST") == [])
            }
            // What is refused anyway uses no answer up.
            let malformed = try await scene.send(path, "{}", proof: good)
            #expect(malformed.status == 422)
            #expect(try await scene.send(path, json, proof: good).status == 202)
            #expect(try await scene.send(path, json, proof: good).code == "challenge_required")
            #expect(scene.checks.filter { $0["response"] == good }.map { $0["success"] } == ["True", "False"])
        }
        // Of the shop's own reckoning no request is left but those with proof.
        #expect(try await scene.requests() == "4")
        let check = try #require(scene.checks.first)
        #expect(check["path"] == "/siteverify" && check["type"] == "application/x-www-form-urlencoded")
        // Nothing about the client goes there.
        #expect(Set(scene.checks.compactMap { $0["fields"] }) == ["response,secret"])
        #expect(!scene.checks.contains { ($0["response"]?.utf8.count ?? 0) > 4_096 })
        let log = scene.service.standardOutput + scene.service.standardError
        #expect(!log.contains("captcha-secret") && !log.contains("good-"))
        // Pages of the shop's origins may send it.
        let ask = [
            ("Origin", "https://shop.example"), ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "x-challenge-response"),
        ]
        let preflight = try await scene.service.client().request("OPTIONS", "/v1/users", headers: ask)
        #expect(preflight.header("Access-Control-Allow-Headers")?.lowercased().contains("x-challenge-response") == true)
    }

    @Test("a sign-in needs it after failures, known address or not, and the owner elsewhere too once others have failed")
    func signIns() async throws {
        let scene = try await Scene(["CAPTCHA_SIGN_IN_FAILURES": "3"])
        let account = TestAccount()
        try await account.insert(into: scene.stage)
        #expect(try await scene.send("/v1/sessions", account.credentials, client: "198.51.100.1").status == 201)
        for email in [account.email, "unknown@example.org"] {
            let wrong = #"{"email":"\#(email)","password":"not the password"}"#
            for _ in 0..<3 { #expect(try await scene.send("/v1/sessions", wrong).status == 401) }
            #expect(try await scene.send("/v1/sessions", wrong).code == "challenge_required")
            #expect(try await scene.send("/v1/sessions", wrong, proof: "good-\(UUID().uuidString)").status == 401)
            // From a place where no person has signed in before.
            #expect(try await scene.send("/v1/sessions", wrong, client: "198.51.100.7").code == "challenge_required")
        }
        // The owner's own place is known, and needs none.
        #expect(try await scene.send("/v1/sessions", account.credentials, client: "198.51.100.1").status == 201)
        let proof = "good-\(UUID().uuidString)"
        #expect(try await scene.send("/v1/sessions", account.credentials, proof: proof, client: "198.51.100.8").status == 201)
        // A link is proof enough, even one that is wrong.
        #expect(try await scene.send("/v1/sessions", #"{"link_token":"none"}"#).code == "sign_in_failed")
    }

    @Test("while it cannot be checked, requests are refused or go on, as the shop has set", arguments: ["closed", "open"])
    func outage(mode: String) async throws {
        let scene = try await Scene(["CAPTCHA_OUTAGE": mode, "CAPTCHA_TIMEOUT": "300ms"])
        let (path, json) = Self.calls[1]
        func expectOutage(_ proof: String) async throws {
            let answer = try await scene.send(path, json, proof: proof)
            if mode == "closed" {
                #expect(answer.status == 503 && answer.code == "challenge_unavailable", "\(proof): \(answer.response.text)")
                #expect(answer.header("Retry-After") != nil)
            } else {
                #expect(answer.status == 202, "\(proof): \(answer.response.text)")
            }
        }
        try await expectOutage("slow-1")
        try await expectOutage("broken-1")
        // No proof at all is refused in any case.
        #expect(try await scene.send(path, json).code == "challenge_required")
        #expect(try await scene.send(path, json, proof: "wrong").code == "challenge_required")
        scene.verifier.kill()
        try await expectOutage("good-1")
        try await onOwnThread { try scene.service.waitForLog("proof of a person could not be checked") }
        #expect(try await scene.service.client().request("GET", "/v1/products").status == 200)
    }

    @Test("a wrong secret is the shop's fault and no client's")
    func wrongSecret() async throws {
        let scene = try await Scene(secret: "another-secret-never-shown")
        let (path, json) = Self.calls[2]
        #expect(try await scene.send(path, json, proof: "good-1").code == "challenge_unavailable")
        try await onOwnThread { try scene.service.waitForLog("the service says invalid-input-secret") }
        #expect(!scene.service.standardOutput.contains("another-secret"))
    }
}
