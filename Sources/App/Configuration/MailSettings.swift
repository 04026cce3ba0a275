import Formats
import Notifications
import Orders
import SMTPClient
import Web

/// Mail to shoppers and operators.
package struct MailSettings: Sendable {
    /// Where mails go.
    package enum Destination: Sendable {
        case server(SMTPServer)
        /// The page `/dev/mail` of this service, on a developer's machine.
        case mailbox
        /// Nowhere: there are no mails.
        case none
    }

    package let destination: Destination
    /// The rest of the settings; without a destination, nothing uses them.
    package let target: MailTargetSettings

    /// - Parameters:
    ///   - server: where the service listens
    ///   - languages: those of the shop; mails are in the first one that there are templates for
    init(_ reader: inout SettingsReader, beside server: ServerSettings, languages: [String]) {
        let url = reader.readSecret(
            "SMTP_URL",
            "Mail server, as smtps://user:password@host:465, or smtp://… for STARTTLS on port 587. Without it, no mail is sent")
        let from = reader.read(
            optional: "MAIL_FROM", .asciiAddress, "E-mail address that mails are sent from; required with SMTP_URL")
        let name = reader.read("SHOP_NAME", .shopName, default: "Shop", "Name of the shop in mails")
        let link = reader.read(
            optional: "PUBLIC_URL", .publicURL,
            "URL that links in mails begin with, as https://shop.example; required with SMTP_URL")
        let alerts = reader.read(
            optional: "ALERT_EMAIL", .emailAddress, "E-mail address for alerts: low stock and disabled webhooks")
        let language = languages.lazy.compactMap(MailLanguage.init(rawValue:)).first ?? .english
        let directory = reader.read(
            optional: "MAIL_TEMPLATES_DIR", .text, "Directory of files that replace texts of mails, such as `en/order-placed.txt`"
        )
        let isMailboxOn = reader.read(
            "MAILBOX", .switched, default: false,
            "Whether mails are not sent but shown at `/dev/mail`, without a login; only for developers' machines, with a HOST like "
                + "127.0.0.1")
        destination = Self.destination(url?.secret, isMailboxOn, hasSender: from != nil, hasLink: link != nil, server, &reader)
        target = MailTargetSettings(
            sender: MailSender(name: name, address: from ?? "shop@shop.example"), publicURL: link ?? "http://localhost:8080",
            alertAddress: alerts, language: language, templates: Self.templates(directory, &reader))
    }

    private static func destination(
        _ url: String?, _ isMailboxOn: Bool, hasSender: Bool, hasLink: Bool, _ server: ServerSettings,
        _ reader: inout SettingsReader
    ) -> Destination {
        guard let url else {
            guard isMailboxOn else { return .none }
            // The page shows every recipient, and links that open their orders.
            if server.inheritedListener != nil || !isLoopback(server.host) {
                let place = server.inheritedListener == nil ? server.host : "a socket of LISTEN_FDS"
                reader.reject(
                    "MAILBOX",
                    "shows all mails without a login, and other machines may reach \(place)",
                    expected: "HOST=127.0.0.1, or MAILBOX=off")
            }
            return .mailbox
        }
        if isMailboxOn { reader.reject("MAILBOX", "is on beside SMTP_URL", expected: "one of the two") }
        if !hasSender, reader.text("MAIL_FROM") == nil {
            reader.reject("MAIL_FROM", "is not set beside SMTP_URL", expected: SettingFormat.asciiAddress.expectation)
        }
        if !hasLink, reader.text("PUBLIC_URL") == nil {
            reader.reject("PUBLIC_URL", "is not set beside SMTP_URL", expected: SettingFormat.publicURL.expectation)
        }
        do throws(SMTPServerError) { return .server(try SMTPServer(url: url)) } catch {
            reader.reject(
                "SMTP_URL", "cannot be used (its value is not shown): it \(error.reason)",
                expected: "a URL like smtps://user:password@host:465")
            return .none
        }
    }

    /// Whether only this machine reaches an address (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
    private static func isLoopback(_ host: String) -> Bool {
        guard let address = IPAddress(host) else { return false }
        return ["127.0.0.0/8", "::1"].contains { AddressBlock($0)?.contains(address) == true }
    }

    private static func templates(_ directory: String?, _ reader: inout SettingsReader) -> MailTemplates {
        do throws(TemplateError) {
            guard let directory else { return try MailTemplates.embedded.get() }
            return try MailTemplates(overriding: directory)
        } catch {
            reader.reject(
                "MAIL_TEMPLATES_DIR", "cannot be used: \(error)", expected: "a directory like Templates with valid templates")
            return MailTemplates()
        }
    }

    /// The warning for the operator at the start; nil where mails go somewhere.
    package var warning: String? {
        guard case .none = destination else { return nil }
        return "no mail is sent: SMTP_URL is not set"
    }
}

extension SettingFormat where Value == String {
    /// An e-mail address, as orders have them.
    fileprivate static var emailAddress: SettingFormat {
        text("an e-mail address like shop@example.com") { EmailAddress.parse($0)?.hasSameBytes(as: $0) == true }
    }

    /// An address that every mail server knows.
    fileprivate static var asciiAddress: SettingFormat {
        text("an e-mail address in ASCII like shop@example.com") { text in
            text.utf8.allSatisfy { $0 < 0x80 } && EmailAddress.parse(text)?.hasSameBytes(as: text) == true
        }
    }

    /// A name of at most 100 characters.
    fileprivate static var shopName: SettingFormat {
        text("a name of at most 100 characters") { text in
            text.unicodeScalars.count <= 100 && text.unicodeScalars.contains { !$0.properties.isWhitespace }
        }
    }

    /// An http(s) URL of a host, perhaps with a path.
    fileprivate static var publicURL: SettingFormat {
        let format = text("a URL like https://shop.example") { text in
            guard let scheme = text.firstRange(of: "://"), ["http", "https"].contains(text[..<scheme.lowerBound]) else {
                return false
            }
            let rest = text[scheme.upperBound...]
            return rest.first.map { $0 != "/" && $0 != ":" } == true
                && rest.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !#"?#@\<>"'`{}|^"#.utf8.contains($0) }
        }
        return SettingFormat(
            expectation: format.expectation,
            read: { text in
                guard var url = format.read(text) else { return nil }
                while url.hasSuffix("/") { url.removeLast() }
                return url
            },
            write: { $0 })
    }
}
