import Foundation
import Passwords
import TestSupport

/// A person with an account in a running shop.
struct TestAccount: Sendable {
    var email: String
    let password: String

    init(_ name: String = "ada") {
        email = "\(name)-\(UUID().uuidString.prefix(8).lowercased())@example.org"
        password = "seven green herons \(UUID().uuidString.prefix(6))"
    }

    var credentials: String { #"{"email":"\#(email)","password":"\#(password)"}"# }

    /// Makes the account without a mail. Its hash is a cheap one.
    func insert(into shop: Shop, role: String? = nil) async throws {
        try await shop.execute(try insertion(role: role))
    }

    /// The same on a stage.
    func insert(into stage: Stage) async throws {
        try await stage.execute(try insertion(role: nil))
    }

    private func insertion(role: String?) throws -> String {
        let hash = try PasswordHash(of: Array(password.utf8), ScryptParameters(log2N: 4, r: 1, p: 1)).text
        return """
            INSERT INTO account (id, email, email_key, password_hash, role) VALUES (gen_random_uuid(), '\(email)', '\(email)',
                '\(hash)', \(role.map { "'\($0)'" } ?? "NULL"))
            """
    }

    /// Signs in.
    func signIn(_ client: ShopClient, _ headers: [(String, String)] = []) async throws -> TestSession {
        let answer = try await client.send("POST", "/v1/sessions", headers, json: credentials)
        guard answer.status == 201 else { throw TestFailure("sign-in: \(answer.status) \(answer.response.text)") }
        return TestSession(answer)
    }
}

/// The tokens of a session.
struct TestSession: Sendable {
    let access: String
    let refresh: String
    let cart: String

    init(access: String, refresh: String) {
        self.access = access
        self.refresh = refresh
        cart = ""
    }

    init(_ answer: Answer) {
        access = answer["access_token"].text
        refresh = answer["refresh_token"].text
        cart = answer["cart_id"].text
    }

    var header: (String, String) { ("Authorization", "Bearer " + access) }
    var refreshBody: String { #"{"refresh_token":"\#(refresh)"}"# }
}

extension Shop {
    /// The text of a mail to an address that has these words, once it was sent: of the newest one, or by its number.
    func mail(to address: String, with words: String, number: Int? = nil) async throws -> String {
        let deadline = TestSupport.Deadline(seconds: 60)
        while true {
            let message = try await execute(
                """
                SELECT convert_from(message, 'UTF8') FROM mailbox_message WHERE recipient = '\(address)'
                    AND position('\(words)' IN replace(convert_from(message, 'UTF8'), E'=\\r\\n', '')) > 0
                    ORDER BY created_at \(number.map { "LIMIT 1 OFFSET \($0 - 1)" } ?? "DESC LIMIT 1")
                """)
            if !message.isEmpty {
                return message.replacing("=\r\n", with: "").replacing("=\n", with: "").replacing("=3D", with: "=")
            }
            guard !deadline.isOver else { throw TestFailure("no mail to \(address) with \(words)") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// The token of the link in a mail.
    func token(in mail: String, page: String) throws -> String {
        guard let link = mail.firstRange(of: "/account/\(page)#") else { throw TestFailure("no link: \(mail)") }
        return String(mail[link.upperBound...].prefix(43))
    }

    /// How many mails an address has got.
    func mailCount(to address: String) async throws -> Int {
        Int(try await execute("SELECT count(*) FROM mailbox_message WHERE recipient = '\(address)'")) ?? 0
    }
}
