import Foundation
import TestSupport
import Testing

/// Secrets with recognisable marks go through every call about accounts, where it succeeds and where it fails. They are looked for
/// where they must not be: in logs at the most detailed level, metrics, answers to others, heads of mails, Redis, and a dump of the
/// database.
@Suite("Secrets of accounts")
struct AccountSecretsTests {
    @Test("are in no log, metric, problem, head of a mail, cache or dump")
    func secrets() async throws {
        let search = SecretSearch()
        let mail = try PeerProcess("mail_receiver")
        let (database, redis) = (search.make("database-password"), search.make("redis-password"))
        let stage = try Stage(redisPassword: redis, postgresPassword: database)
        let metrics = try FreePort.find()
        let service = try await stage.serve([
            "LOG_LEVEL": "trace", "METRICS_PORT": "\(metrics)", "RATE_LIMIT": "on", "RATE_LIMIT_SIGN_INS": "100000",
            "RATE_LIMIT_ACCOUNT_MAILS": "100000", "RATE_LIMIT_WRITES": "100000", "ADMISSION_TIMEOUT": "30s",
            "JWT_SECRET": search.make("jwt-secret-0123456789abcdef"),
            "JWT_SECRET_PREVIOUS": search.make("jwt-secret-previous-012345"),
            "SMTP_URL": "smtp://127.0.0.1:\(try mail.value("port"))?tls=off", "MAIL_FROM": "shop@shop.example",
            "PUBLIC_URL": "https://shop.example", "LOG_CLIENT_ERRORS": "1000000", "ACCOUNT_MAILS_HOUR": "100",
        ])
        try await service.waitUntilWell()
        let journey = AccountJourney(service: service, mail: mail, search: search)
        try await journey.succeed()
        try await journey.fail()
        try await stage.act { try $0.postgres.stop(.immediate) }
        try await journey.meetNoDatabase()
        try await stage.act { try $0.postgres.start() }
        try await service.waitUntilWell()
        let created = try await journey.createStaff(in: stage)

        let dump = try await onOwnThread {
            try Command.check([
                TestEnvironment.read().postgresPrograms + "/pg_dump", "--no-owner", "--inserts", stage.postgres.url,
            ])
        }
        #expect(dump.contains("INSERT INTO public.account "))
        search.look(in: dump, of: "the database")
        let cached = try await onOwnThread { try stage.redis.execute("EVAL", Self.everything, "0") }
        search.look(in: cached, of: "Redis", personal: true)
        let scraped = try await HTTPTestClient(port: metrics).request("GET", "/metrics").text
        #expect(scraped.contains("commerce_sign_ins_total"))
        search.look(in: scraped, of: "the metrics", personal: true)
        try journey.lookInMails()
        #expect(try await onOwnThread { try service.terminate() } == .exited(0))
        search.look(in: service.standardOutput + service.standardError, of: "the log", personal: true)
        search.look(in: created, of: "what the command says")
        search.look(in: stage.postgres.log, of: "the log of PostgreSQL", personal: true)
        #expect(search.calls > 60 && search.count > 30)
        #expect(Set(search.findings) == [])
    }

    /// All keys of Redis, with their values.
    private static let everything = """
        local all = {} for _, key in ipairs(redis.call('KEYS', '*')) do all[#all + 1] = key local kind = redis.call('TYPE', key).ok \
        if kind == 'string' then all[#all + 1] = redis.call('GET', key) elseif kind == 'hash' then \
        for _, value in ipairs(redis.call('HGETALL', key)) do all[#all + 1] = value end end end return all
        """
}

/// A person's calls about an account, with marked secrets.
struct AccountJourney: Sendable {
    let service: ServiceProcess
    let mail: PeerProcess
    let search: SecretSearch
    private let email: String
    private let newEmail: String
    private let first: String
    private let second: String
    private let third: String
    private static let address = #""name":"Ada Moss","line1":"1 Fern Row","city":"Leeds","postal_code":"LS1 4AP","country":"GB""#

    init(service: ServiceProcess, mail: PeerProcess, search: SecretSearch) {
        (self.service, self.mail, self.search) = (service, mail, search)
        (email, newEmail) = ("marked.person.one@example.org", "marked.person.two@example.org")
        (first, second, third) = (search.make("password-1"), search.make("password-2"), search.make("password-3"))
        for personal in [email, newEmail, "Marked Moss"] { search.addPersonal(personal, as: "an address or a name") }
    }

    private func call(
        _ method: String, _ path: String, _ headers: [(String, String)] = [], json: String? = nil
    ) async throws -> Answer {
        try await search.call(service, method, path, headers, json: json)
    }

    private func expect(
        _ status: Int, _ method: String, _ path: String, _ headers: [(String, String)] = [], json: String? = nil
    ) async throws -> Answer {
        let answer = try await call(method, path, headers, json: json)
        #expect(answer.status == status, "\(method) \(path): \(answer.response.text)")
        return answer
    }

    /// Waits for a mail with a link, and takes its token.
    private func token(_ page: String, to address: String, after count: Int) async throws -> String {
        let mail = mail
        let begin = page == "order" ? "/orders/" : "/account/\(page)#"
        func found() -> String? {
            for message in Self.messages(mail).dropFirst(count) where message["to"]?.contains(address) == true {
                guard let text = message["text"], let link = text.firstRange(of: begin) else { continue }
                let rest = text[link.upperBound...]
                let start = page == "order" ? rest.firstIndex(of: "#").map(rest.index(after:)) ?? rest.endIndex : rest.startIndex
                return String(rest[start...].prefix(43))
            }
            return nil
        }
        let deadline = Deadline(seconds: 60)
        while !deadline.isOver {
            if let token = found() {
                search.add(token, as: "the token of \(page)")
                return token
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw TestFailure("no mail about \(page): \(mail.lines) \(mail.errors)")
    }

    private static func messages(_ mail: PeerProcess) -> [[String: String]] {
        mail.lines.compactMap { try? JSONDecoder().decode([String: String?].self, from: Data($0.utf8)).compactMapValues { $0 } }
    }

    private var mails: Int { Self.messages(mail).count }

    /// Every call, as it is meant.
    func succeed() async throws {
        _ = try await expect(
            202, "POST", "/v1/users", json: #"{"email":"\#(email)","password":"\#(first)","name":"Marked Moss"}"#)
        let confirmation = try await token("confirm-email", to: email, after: 0)
        _ = try await expect(200, "POST", "/v1/email-confirmations", json: #"{"token":"\#(confirmation)"}"#)
        let cart = try await expect(201, "POST", "/v1/carts", json: "{}")
        let opener = ("X-Cart-Token", cart["token"].text)
        _ = try await expect(201, "POST", "/v1/carts/\(cart["id"].text)/tickets", [opener])
        let session = try await expect(
            201, "POST", "/v1/sessions", [opener, ("User-Agent", "Test Browser")],
            json: #"{"email":"\#(email)","password":"\#(first)"}"#)
        var bearer = [("Authorization", "Bearer " + session["access_token"].text)]
        let refreshed = try await expect(
            200, "POST", "/v1/sessions/refresh", json: #"{"refresh_token":"\#(session["refresh_token"].text)"}"#)
        let cookie = ("Cookie", "__Host-refresh_token=" + refreshed["refresh_token"].text)
        _ = try await expect(200, "POST", "/v1/sessions/refresh", [cookie])
        _ = try await expect(200, "GET", "/v1/me", bearer)
        _ = try await expect(200, "GET", "/v1/me/sessions", bearer)
        let address = try await expect(201, "POST", "/v1/me/addresses", bearer, json: "{\(Self.address)}")
        _ = try await expect(200, "GET", "/v1/me/addresses", bearer)
        _ = try await expect(200, "PUT", "/v1/me/addresses/\(address["id"].text)", bearer, json: "{\(Self.address)}")
        _ = try await expect(204, "DELETE", "/v1/me/addresses/\(address["id"].text)", bearer)
        _ = try await expect(200, "GET", "/v1/me?access_token=\(session["access_token"].text)", bearer)

        let count = mails
        _ = try await expect(
            200, "PATCH", "/v1/me", bearer, json: #"{"email":"\#(newEmail)","current_password":"\#(first)"}"#)
        for mailbox in [email, newEmail] {
            let proof = try await token("confirm-email", to: mailbox, after: count)
            _ = try await expect(200, "POST", "/v1/email-confirmations", json: #"{"token":"\#(proof)"}"#)
        }
        _ = try await expect(
            200, "PATCH", "/v1/me", bearer, json: #"{"password":"\#(second)","current_password":"\#(first)"}"#)
        try await placeAndLookUp()

        _ = try await expect(202, "POST", "/v1/password-resets", json: #"{"email":"\#(newEmail)"}"#)
        let reset = try await token("reset-password", to: newEmail, after: count)
        _ = try await expect(204, "PUT", "/v1/password-resets", json: #"{"token":"\#(reset)","password":"\#(third)"}"#)
        _ = try await expect(202, "POST", "/v1/sign-in-links", json: #"{"email":"\#(newEmail)"}"#)
        let link = try await token("sign-in", to: newEmail, after: count)
        let again = try await expect(201, "POST", "/v1/sessions", json: #"{"link_token":"\#(link)"}"#)
        bearer = [("Authorization", "Bearer " + again["access_token"].text)]
        _ = try await expect(200, "GET", "/v1/orders", bearer)
        _ = try await expect(204, "DELETE", "/v1/me/sessions", bearer)
    }

    /// Orders as a guest with the account's address, and gets the order's link by mail.
    private func placeAndLookUp() async throws {
        let key = search.make("idempotency-key")
        let buyer = ShopClient.buyer.replacing("ada@example.com", with: newEmail)
        let placed = try await expect(
            201, "POST", "/v1/orders", [("Idempotency-Key", key)],
            json: #"{"items":[{"sku":"\#(FaultGoods.shelf[0].variants[0].sku)","quantity":1}],\#(buyer)}"#)
        let count = mails
        _ = try await expect(
            202, "POST", "/v1/orders/lookup", json: #"{"number":"\#(placed["number"].text)","email":"\#(newEmail)"}"#)
        let opener = try await token("order", to: newEmail, after: count)
        _ = try await expect(200, "GET", "/v1/orders/\(placed["id"].text)", [("X-Order-Token", opener)])
        _ = try await expect(200, "POST", "/v1/orders/\(placed["id"].text)/cancel", [("X-Order-Token", opener)])
    }

    /// The same calls with what is wrong.
    func fail() async throws {
        let (token, password) = (search.make("token-of-a-mail"), search.make("wrong-password"))
        let long = search.make("long-password") + String(repeating: "x", count: 200)
        let forged = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0." + search.make("signature-0123456789abcdef")
        search.add(forged, as: "a forged token")
        for json in [
            #"{"email":"\#(email)","password":"\#(password)"#, #"{"email":["\#(email)"],"password":"\#(password)"}"#,
            #"{"email":"\#(email)","password":["\#(password)"]}"#, #"{"email":"\#(email)","password":{"\#(password)":1}}"#,
            #"{"email":"\#(email)","password":"\#(long)"}"#, #"{"email":"\#(password)","password":"\#(password)"}"#,
            #"{"email":"\#(email)","\#(password)":1,"\#(password)":2}"#,
            #"{"email":"\#(email)","password":"\#(password)\u0000"}"#,
            #""\#(password)""#, #"[{"password":"\#(password)"}]"#,
        ] {
            for (method, path) in [
                ("POST", "/v1/users"), ("POST", "/v1/sessions"), ("PUT", "/v1/password-resets"), ("POST", "/v1/password-resets"),
                ("POST", "/v1/sign-in-links"), ("POST", "/v1/orders/lookup"),
            ] {
                let answer = try await call(method, path, json: json)
                #expect((200..<500).contains(answer.status))
            }
        }
        for (method, path, json) in [
            ("POST", "/v1/email-confirmations", #"{"token":"\#(token)"}"#),
            ("POST", "/v1/email-confirmations", #"{"token":["\#(token)"]}"#),
            ("PUT", "/v1/password-resets", #"{"token":"\#(token)","password":"\#(password)"}"#),
            ("POST", "/v1/sessions", #"{"link_token":"\#(token)"}"#),
            ("POST", "/v1/sessions", #"{"email":"\#(newEmail)","password":"\#(password)"}"#),
            ("POST", "/v1/sessions", #"{"email":"unknown@example.org","password":"\#(password)"}"#),
            ("POST", "/v1/sessions/refresh", #"{"refresh_token":"\#(token)"}"#),
            ("POST", "/v1/sessions/refresh", #"{"refresh_token":{"\#(token)":1}}"#),
        ] {
            let answer = try await call(method, path, json: json)
            #expect((400..<500).contains(answer.status), "\(path): \(answer.response.text)")
        }
        _ = try await expect(401, "POST", "/v1/sessions/refresh", [("Cookie", "__Host-refresh_token=" + token)])
        _ = try await expect(
            403, "POST", "/v1/sessions/refresh",
            [("Cookie", "__Host-refresh_token=" + token), ("Origin", "https://evil.example")])
        _ = try await expect(
            400, "POST", "/v1/sessions", [("Content-Type", "text/plain"), ("Authorization", "Bearer " + forged)])
        for value in ["Bearer " + forged, "Basic " + forged, "Bearer " + token, token, "Bearer " + forged + " " + token] {
            _ = try await expect(401, "GET", "/v1/me", [("Authorization", value)])
            _ = try await expect(401, "GET", "/v1/orders/none", [("Authorization", value), ("X-Order-Token", token)])
        }
        _ = try await expect(404, "GET", "/v1/orders/0198c0de-0000-7000-8000-000000000000", [("X-Order-Token", token)])
        _ = try await expect(
            404, "GET", "/v1/carts/0198c0de-0000-7000-8000-000000000000/events?ticket=" + token, [("X-Cart-Token", token)])
    }

    /// The same calls while nothing can be stored.
    func meetNoDatabase() async throws {
        let (token, password) = (search.make("token-without-database"), search.make("password-without-database"))
        for (method, path, json) in [
            ("POST", "/v1/users", #"{"email":"\#(email)","password":"\#(password)","name":"Marked Moss"}"#),
            ("POST", "/v1/email-confirmations", #"{"token":"\#(token)"}"#),
            ("POST", "/v1/sessions", #"{"email":"\#(newEmail)","password":"\#(password)"}"#),
            ("POST", "/v1/sessions", #"{"link_token":"\#(token)"}"#),
            ("POST", "/v1/sessions/refresh", #"{"refresh_token":"\#(String(repeating: "A", count: 64))"}"#),
            ("POST", "/v1/password-resets", #"{"email":"\#(newEmail)"}"#),
            ("PUT", "/v1/password-resets", #"{"token":"\#(token)","password":"\#(password)"}"#),
            ("POST", "/v1/sign-in-links", #"{"email":"\#(newEmail)"}"#),
            ("POST", "/v1/orders/lookup", #"{"number":"7K3M9QXR2W","email":"\#(newEmail)"}"#),
        ] {
            let answer = try await call(method, path, [("X-Cart-Token", token)], json: json)
            #expect(answer.status == 503, "\(path): \(answer.response.text)")
        }
    }

    /// The command that makes an account, with passwords that are right and wrong. Gives what it has said.
    func createStaff(in stage: Stage) async throws -> String {
        let (weak, good) = ("owner", search.make("password-of-staff"))
        let program = try TestEnvironment.read().commerce
        var said = ""
        for (input, status) in [(weak, ExitStatus.exited(65)), (good, .exited(0)), (good, .exited(1))] {
            let done = try await onOwnThread {
                try Command.run(
                    [
                        "/bin/sh", "-c", #"printf '%s' "$INPUT" | "$0" "$@""#, program, "user", "create", "--email",
                        "owner@example.org", "--role", "owner", "--password-stdin",
                    ],
                    environment: Command.plain.merging(["DATABASE_URL": stage.postgres.url, "INPUT": input]) { $1 })
            }
            #expect(done.status == status, "\(done.error)")
            said += done.output + done.error
        }
        return said
    }

    /// The head of a mail has no secret, and its text none but that of its link.
    func lookInMails() throws {
        let messages = Self.messages(mail)
        #expect(messages.count > 6)
        for message in messages {
            let name = "a mail “\(message["subject"] ?? "")”"
            search.look(in: message["head"] ?? "", of: "the head of \(name)")
            let text = (message["text"] ?? "") + (message["html"] ?? "")
            let links = Set(text.matches(of: /#([A-Za-z0-9_-]{43})/).map { String($0.output.1) })
            #expect(links.count <= 1)
            search.look(in: text, of: name, allowing: links)
        }
    }
}
