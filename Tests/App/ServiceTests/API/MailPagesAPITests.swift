import Foundation
import TestSupport
import Testing
import Web

/// The pages around mails: that of an order, and the mailbox of a developer's machine.
@Suite(.shop(OrderGoods.shelf, environments: [["MAILBOX": "on"], ["WORKER": "off"]]))
struct MailPagesAPITests {
    private func get(_ service: Int, _ path: String, _ headers: [(String, String)] = []) async throws -> Answer {
        let http = try Shop.current.services[service].client()
        return Answer(try await onOwnThread { try http.request("GET", path, headers: headers) })
    }

    @Test("the page of an order is the same for every order, and its policy allows its own script and style only")
    func orderPage() async throws {
        let page = try await get(1, "/orders/019a2f75-4d20-7b91-9f36-e8c1a0b5d274")
        #expect(page.status == 200 && page.header("Content-Type") == "text/html; charset=utf-8")
        let html = page.response.text
        func source(_ tag: String) throws -> String {
            let start = try #require(html.firstRange(of: "<\(tag)>"))
            let end = try #require(html[start.upperBound...].firstRange(of: "</\(tag)>"))
            let hash = Data(SHA256.hash(html[start.upperBound..<end.lowerBound].utf8)).base64EncodedString()
            return "\(tag)-src 'sha256-\(hash)'"
        }
        #expect(
            page.header("Content-Security-Policy")
                == "default-src 'none'; \(try source("script")); \(try source("style")); connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        // A block of data is no script that the policy would have to allow (HTML §4.12.1.1, "prepare the script element").
        #expect(html.contains("<script type=\"application/json\" id=\"digits\">{\"BHD\":3,\"BIF\":0,"))
        #expect(page.header("Referrer-Policy") == "no-referrer" && html.contains(#"<meta name="robots" content="noindex">"#))
        #expect(!html.contains("innerHTML") && !html.contains("http://") && !html.contains("https://"))
        #expect(try await get(1, "/orders/other").tag == page.tag)
        #expect(try await get(1, "/orders/other", [("If-None-Match", page.tag)]).status == 304)
    }

    @Test("an order is confirmed by a mail in the shopper's language, whose link opens the order") func wholeWay() async throws {
        let client = ShopClient(try Shop.current)
        let placed = try await client.send(
            "POST", "/v1/orders", [("Idempotency-Key", Shop.newKey()), ("Accept-Language", "de-AT")],
            json: #"{"items":[{"sku":"SHIRT-S","quantity":2}],\#(ShopClient.buyer)}"#)
        #expect(placed.status == 201)
        let subject = "Ihre Bestellung \(placed["number"].text) bei Shop"
        let list = try await poll {
            try await get(0, "/dev/mail").response.text
        } until: {
            $0.contains(subject)
        }
        let row = try #require(list.split(separator: "\n").first { $0.contains(subject) })
        let path = try #require(row.firstMatch(of: /href="([^"]+)"/)).1
        let text = try await get(0, String(path)).response.text
        let link = try #require(text.firstMatch(of: /http:\/\/localhost:8080\/orders\/([0-9a-f-]{36})#([A-Za-z0-9_-]{43})/))
        #expect(link.1 == placed["id"].text && link.2 != placed["access_token"].text)
        let order = try await get(1, "/v1/orders/\(link.1)", [("X-Order-Token", String(link.2))])
        #expect(order.status == 200 && order["number"] == placed["number"])
        #expect(try await get(1, "/v1/orders/\(link.1)", [("X-Order-Token", String(link.2.reversed()))]).status == 404)
        let cancelled = try await client.send("POST", "/v1/orders/\(link.1)/cancel", [("X-Order-Token", String(link.2))])
        #expect(cancelled.status == 200 && cancelled["status"] == "cancelled")
        _ = try await poll {
            try await get(0, "/dev/mail").response.text
        } until: {
            $0.contains("\(placed["number"].text) bei Shop wurde storniert")
        }
    }

    /// Asks again and again until an answer is as wanted.
    private func poll<Value>(_ ask: () async throws -> Value, until isWanted: (Value) -> Bool) async throws -> Value {
        let deadline = Deadline(seconds: 60)
        while true {
            let value = try await ask()
            if isWanted(value) { return value }
            guard !deadline.isOver else { throw TestFailure("still \(value)") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @Test("the mailbox shows mails as text, as HTML in a sandbox and as source, and exists only where it is switched on")
    func mailbox() async throws {
        let id = "019a2f75-4d20-7b91-9f36-e8c1a0b5d274"
        let message = """
            Subject: =?UTF-8?B?SGk=?=
            Content-Type: multipart/alternative;
             boundary="=_b"

            --=_b
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            Gr=C3=BC=C3=9Fe <b>
            --=_b
            Content-Type: text/html; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            <p>Gr=C3=BC=C3=9Fe</p><script>alert(1)</script>
            --=_b--

            """.replacing("\n", with: "\r\n")
        let database = try Shop.current.database
        _ = try await database.execute(
            """
            INSERT INTO mailbox_message (id, event_id, recipient, subject, message)
                VALUES ('\(id)', gen_random_uuid(), 'ada@example.com', '<i>Hi</i>', '\\x\(message.utf8.map { String(format: "%02x", $0) }.joined())')
            """)
        let list = try await get(0, "/dev/mail")
        #expect(list.status == 200 && list.response.text.contains("<a href=\"/dev/mail/\(id)\">&lt;i&gt;Hi&lt;/i&gt;</a>"))
        let page = try await get(0, "/dev/mail/\(id)")
        #expect(page.response.text.contains("Grüße &lt;b&gt;") && page.response.text.contains("Gr=C3=BC=C3=9Fe"))
        #expect(page.response.text.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""))
        let html = try await get(0, "/dev/mail/\(id)/html")
        #expect(html.response.text.contains("<p>Grüße</p>"))
        #expect(html.header("Content-Security-Policy")?.contains("sandbox allow-popups") == true)
        #expect(html.header("Content-Security-Policy")?.hasPrefix("default-src 'none'; ") == true)
        for answer in [list, page, html] {
            #expect(answer.header("X-Robots-Tag") == "noindex" && answer.header("Cache-Control") == "no-store")
            #expect(answer.header("Content-Type") == "text/html; charset=utf-8")
        }
        #expect(try await get(0, "/dev/mail/019a2f75-4d20-7b91-9f36-000000000000").status == 404)
        #expect(try await get(0, "/dev/mail/x").status == 404)
        for path in ["/dev/mail", "/dev/mail/\(id)", "/dev/mail/\(id)/html", "/dev/mail/page.css"] {
            #expect(try await get(1, path).status == 404)
        }
        #expect(try await !get(0, "/openapi.json").response.text.contains("/dev/mail"))
    }
}
