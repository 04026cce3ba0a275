import Foundation
import Passwords
import TestSupport
import Testing

/// Nothing shows whether an address has an account: neither an answer, nor the work that it takes. Work is counted, not
/// timed: the passwords that were hashed, and the statements as PostgreSQL logs them.
@Suite("Known and unknown addresses")
struct KnownAddressTests {
    @Test("get the same answers for the same work")
    func answers() async throws {
        let stage = try Stage(postgresSettings: ["log_statement": "'all'", "log_parameter_max_length": "0"])
        let port = try FreePort.find()
        let service = try await stage.serve([
            "JWT_SECRET": Shop.tokenSecret, "WORKER": "off", "LOOPS": "1", "METRICS_PORT": "\(port)", "PASSWORD_QUEUE": "100",
            "TRUSTED_PROXIES": "127.0.0.1",
        ])
        try await service.waitUntilWell()
        let people = try await People(in: stage, service)
        let meter = WorkMeter(stage: stage, service: service, metrics: port)

        var first: [String: Work] = [:]
        for (kind, method, path, body) in people.requests {
            for (person, json) in body {
                let work = try await meter.work(method, path, json: json, client: "203.0.113.\(first.count + 1)")
                guard let other = first[kind] else {
                    first[kind] = work
                    continue
                }
                #expect(work == other, "\(kind) for \(person)")
            }
        }
        // What is compared is there at all.
        #expect(first["sign-in"]?.hashes == 1 && first["sign-in"]?.status == 401)
        #expect(first["registration"]?.hashes == 1 && first["registration"]?.status == 202)
        for kind in ["sign-in link", "password reset", "order"] {
            #expect(first[kind]?.hashes == 0 && first[kind]?.status == 202, "\(kind)")
        }
        #expect(first.values.allSatisfy { $0.statements.count > 1 }, "\(first)")
    }

    @Test("are delayed alike after failures")
    func delays() async throws {
        let stage = try Stage(postgresSettings: ["log_statement": "'all'", "log_parameter_max_length": "0"])
        let port = try FreePort.find()
        let service = try await stage.serve([
            "JWT_SECRET": Shop.tokenSecret, "WORKER": "off", "LOOPS": "1", "METRICS_PORT": "\(port)", "PASSWORD_QUEUE": "100",
            "TRUSTED_PROXIES": "127.0.0.1",
        ])
        try await service.waitUntilWell()
        let people = try await People(in: stage, service)
        let meter = WorkMeter(stage: stage, service: service, metrics: port)
        var courses: [[Int]] = []
        for email in [people.known, people.unknown] {
            let json = #"{"email":"\#(email)","password":"a wrong password"}"#
            let course = [try await meter.work("POST", "/v1/sessions", json: json, client: "198.51.100.1").status]
            // After five the next is delayed, whether its password is right or not, and without a hash. No time may pass meanwhile.
            try await stage.execute("UPDATE sign_in_failure SET failures = 5, failed_at = now() + interval '10 minutes'")
            let last = try await meter.work(
                "POST", "/v1/sessions", json: #"{"email":"\#(email)","password":"\#(people.password)"}"#, client: "198.51.100.1")
            courses.append(course + [last.status, last.hashes])
        }
        #expect(courses == [[401, 429, 0], [401, 429, 0]])
    }
}

/// Addresses of every kind that a shop can know.
private struct People {
    let known = "known@example.org"
    let unknown = "unknown@example.org"
    let disabled = "disabled@example.org"
    /// Registered, and not confirmed.
    let pending = "pending@example.org"
    /// With an account that is opened by mailed links only.
    let linked = "linked@example.org"
    let password = "seven green herons"
    private let number: String
    private let buyer = "ada@example.com"

    init(in stage: Stage, _ service: ServiceProcess) async throws {
        // As a registration makes it: the work is that of real hashes.
        let hash = try PasswordHash(of: Array(password.utf8), .current).text
        try await stage.execute(
            """
            INSERT INTO account (id, email, email_key, password_hash, disabled_at) VALUES
                (gen_random_uuid(), '\(known)', '\(known)', '\(hash)', NULL),
                (gen_random_uuid(), '\(linked)', '\(linked)', NULL, NULL),
                (gen_random_uuid(), '\(disabled)', '\(disabled)', '\(hash)', now());
            INSERT INTO account_request (id, kind, email, email_key, password_hash)
                VALUES (gen_random_uuid(), 'registration', '\(pending)', '\(pending)', '\(hash)');
            """)
        let json = #"{"items":[{"sku":"FAULT-0","quantity":1}],\#(ShopClient.buyer)}"#
        let placed = Answer(
            try await service.client().request(
                "POST", "/v1/orders", headers: [("Idempotency-Key", Shop.newKey()), ("Content-Type", "application/json")],
                body: Array(json.utf8)))
        number = placed["number"].text
        guard placed.status == 201 else { throw TestFailure("no order: \(placed.response.text)") }
    }

    /// Requests of each kind, of which none may differ from another. The first of a kind is for an address without an account.
    var requests: [(kind: String, method: String, path: String, bodies: [(person: String, json: String)])] {
        let all = [unknown, known, disabled, pending, linked]
        func signIn(_ email: String, _ password: String) -> (String, String) {
            ("\(email) with \(password)", #"{"email":"\#(email)","password":"\#(password)"}"#)
        }
        func order(_ number: String, _ email: String) -> (String, String) {
            ("\(number) of \(email)", #"{"number":"\#(number)","email":"\#(email)"}"#)
        }
        return [
            (
                "sign-in", "POST", "/v1/sessions",
                [unknown, known].map { signIn($0, "a wrong password") }
                    + [disabled, pending, linked, "no address"].map { signIn($0, password) }
            ),
            (
                "registration", "POST", "/v1/users",
                [unknown, known, pending].map { ($0, #"{"email":"\#($0)","password":"seven green herons","name":"Ada"}"#) }
            ),
            ("sign-in link", "POST", "/v1/sign-in-links", all.map { ($0, #"{"email":"\#($0)"}"#) }),
            ("password reset", "POST", "/v1/password-resets", all.map { ($0, #"{"email":"\#($0)"}"#) }),
            (
                "order", "POST", "/v1/orders/lookup",
                [order("7K3M9QXR2W", unknown), order(number, buyer), order(number, known), order("no number", buyer)]
            ),
        ]
    }
}

/// What a request got, and what it took.
private struct Work: Equatable {
    let status: Int
    let fields: [String]
    let body: String
    let hashes: Int
    let statements: [String]
}

/// Sends requests one by one, and counts the work of each.
private struct WorkMeter {
    let stage: Stage
    let service: ServiceProcess
    let metrics: UInt16

    func work(_ method: String, _ path: String, json: String, client: String) async throws -> Work {
        let hashed = try await hashes()
        let (begin, end) = (UUID().uuidString, UUID().uuidString)
        try await stage.execute("SELECT '\(begin)'")
        let answer = try await service.client().request(
            method, path,
            headers: [("Content-Type", "application/json"), ("X-Request-Id", "the-same"), ("X-Forwarded-For", client)],
            body: Array(json.utf8))
        try await stage.execute("SELECT '\(end)'")
        let log = stage.postgres.log
        guard let from = log.firstRange(of: begin), let to = log.firstRange(of: end) else {
            throw TestFailure("PostgreSQL has not logged the marks")
        }
        return Work(
            status: answer.status,
            fields: answer.headers.filter { $0.name.lowercased() != "date" }.map { "\($0.name): \($0.value)" },
            body: answer.text, hashes: try await hashes() - hashed,
            statements: Self.statements(String(log[from.upperBound..<to.lowerBound])))
    }

    private func hashes() async throws -> Int {
        Int(try await MetricsScrape.read(port: metrics).sum("commerce_password_hash_seconds_count"))
    }

    /// The statements about people and orders, without those that each process sends by itself every second.
    private static func statements(_ log: String) -> [String] {
        let tables = ["account", "sign_in_failure", "orders", "outbox", "refresh_token", "idempotency"]
        return log.split(separator: "\n").filter { $0.contains("execute ") || $0.contains("statement: ") }
            .map { line in
                let text = line.firstRange(of: "execute ").map { line[$0.upperBound...] } ?? line[...]
                // A statement has another name once it was prepared.
                return String(text.firstRange(of: ": ").map { text[$0.upperBound...] } ?? text)
            }
            .filter { text in tables.contains { text.contains($0) } && !text.contains("FROM session_end") }
    }
}
