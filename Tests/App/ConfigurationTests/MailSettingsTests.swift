import Foundation
import Testing

@testable import Configuration

@Suite struct MailSettingsTests {
    private let base = ["DATABASE_URL": "postgresql://c@h/c"]

    private func errors(_ settings: [String: String]) -> [String] {
        do throws(ConfigurationError) {
            _ = try Configuration.load(from: base.merging(settings) { $1 })
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    @Test("without a mail server no mail is sent, and a warning says so; with MAILBOX they are shown") func destinations() throws
    {
        let none = try Configuration.load(from: base).mail
        guard case .none = none.destination else { Issue.record("\(none.destination)"); return }
        #expect(none.warning == "no mail is sent: SMTP_URL is not set")
        let mailbox = try Configuration.load(from: base.merging(["MAILBOX": "on", "HOST": "127.0.0.1"]) { $1 }).mail
        guard case .mailbox = mailbox.destination else { Issue.record("\(mailbox.destination)"); return }
        #expect(mailbox.warning == nil && mailbox.target.publicURL == "http://localhost:8080")
        let sent = try Configuration.load(
            from: base.merging([
                "SMTP_URL": "smtps://user:pa%3Ass@mail.example", "MAIL_FROM": "shop@shop.example",
                "PUBLIC_URL": "https://shop.example/a//",
                "SHOP_NAME": "Töpferei", "STORE_LANGUAGE": "fr,de,en", "ALERT_EMAIL": "ops@shop.example",
            ]) { $1 }
        ).mail
        guard case .server(let server) = sent.destination else { Issue.record("\(sent.destination)"); return }
        #expect(server.host == "mail.example" && server.port == 465 && server.password == "pa:ss")
        #expect(sent.warning == nil && sent.target.publicURL == "https://shop.example/a" && sent.target.language == .german)
        #expect(
            sent.target.events == [
                "order.placed", "order.cancelled", "order.expired", "account.mail_requested", "webhook.disabled", "stock.low",
            ])
        #expect(mailbox.target.events == ["order.placed", "order.cancelled", "order.expired", "account.mail_requested"])
    }

    @Test("a mail server needs a sender and a URL for links, and all faults are told at once, without the password") func faults()
    {
        #expect(
            errors(["SMTP_URL": "smtp://u:hunter2@mail.example"]) == [
                "MAIL_FROM is not set beside SMTP_URL; expected an e-mail address in ASCII like shop@example.com",
                "PUBLIC_URL is not set beside SMTP_URL; expected a URL like https://shop.example",
            ])
        let all = errors([
            "SMTP_URL": "http://u:hunter2@mail.example", "MAIL_FROM": "Shop <a@b.co>", "PUBLIC_URL": "shop.example",
            "ALERT_EMAIL": "ops",
            "STORE_LANGUAGE": "français", "SHOP_NAME": String(repeating: "x", count: 101), "MAILBOX": "on",
            "MAIL_TEMPLATES_DIR": "/nonexistent",
        ])
        #expect(
            Set(all.map { String($0.prefix { $0 != " " }) }) == [
                "SMTP_URL", "MAIL_FROM", "PUBLIC_URL", "ALERT_EMAIL", "STORE_LANGUAGE", "SHOP_NAME", "MAILBOX",
                "MAIL_TEMPLATES_DIR",
            ])
        #expect(all.count == 8 && !all.joined().contains("hunter2") && all.allSatisfy { !$0.contains("\n") })
        #expect(
            all.contains {
                $0.contains("SMTP_URL cannot be used (its value is not shown): it must begin with smtp:// or smtps://")
            })
        #expect(
            all.contains {
                $0.contains("MAIL_TEMPLATES_DIR cannot be used: /nonexistent cannot be read: No such file or directory")
            })
    }

    @Test(
        "the mailbox, which shows everything to everyone, needs an address that only this machine reaches",
        arguments: [
            ("127.0.0.1", true), ("localhost", true), ("LOCALHOST", true), ("127.9.8.7", true), ("::1", true),
            ("0:0:0:0:0:0:0:1", true),
            ("::ffff:127.0.0.1", true), ("", false), ("0.0.0.0", false), ("::", false), ("10.0.0.1", false), ("128.0.0.1", false),
            ("::2", false), ("fe80::1", false), ("::ffff:10.0.0.1", false),
        ])
    func mailboxAddress(host: String, isAllowed: Bool) {
        let found = errors(["MAILBOX": "on", "HOST": host])
        let place = host.isEmpty ? "0.0.0.0" : host
        let refusal =
            "MAILBOX shows all mails without a login, and other machines may reach \(place); "
            + "expected HOST=127.0.0.1, or MAILBOX=off"
        #expect(found == (isAllowed ? [] : [refusal]))
        #expect(errors(["MAILBOX": "off", "HOST": host]) == [])
    }

    @Test("a socket that was passed may be open to others, whatever HOST says") func passedSocket() {
        let passed = ["MAILBOX": "on", "HOST": "127.0.0.1", "LISTEN_FDS": "1", "LISTEN_PID": "\(getpid())"]
        #expect(errors(passed).map { $0.contains("a socket of LISTEN_FDS") } == [true])
    }

    @Test(
        "addresses and URLs that would break a mail are refused",
        arguments: [
            ("MAIL_FROM", "a@b"), ("MAIL_FROM", "zoë@shop.example"), ("MAIL_FROM", "a@b.co, c@d.co"), ("ALERT_EMAIL", "a@b.co "),
            ("PUBLIC_URL", "https://"), ("PUBLIC_URL", "https:///x"), ("PUBLIC_URL", "https://a.example/?b"),
            ("PUBLIC_URL", "https://a.example#b"),
            ("PUBLIC_URL", "javascript:alert(1)//"), ("PUBLIC_URL", "https://u:p@a.example"),
            ("PUBLIC_URL", "https://a.example/ b"),
            ("PUBLIC_URL", "https://a.example/\"><script>"), ("SHOP_NAME", "   "), ("MAILBOX", "maybe"),
        ])
    func refused(name: String, value: String) { #expect(errors([name: value]).map { $0.hasPrefix(name + " ") } == [true]) }
}
