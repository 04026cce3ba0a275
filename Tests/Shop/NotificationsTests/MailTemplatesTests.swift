import Accounts
import Formats
import Foundation
import Money
import TestSupport
import Testing

@testable import Notifications

@Suite struct MailTemplatesTests {
    /// An order with hostile texts in every place that a person can fill.
    private func order(_ text: String, lines: Int) throws -> OrderMail {
        let value = JSONValue.string(text)
        func money(_ amount: Int) -> JSONValue {
            object([("amount", .number(JSONNumber(amount))), ("currency", .string("EUR"))])
        }
        let line = object([
            ("sku", value), ("name", value), ("options", object([("size", value), ("colour", value)])),
            ("quantity", .number(JSONNumber(2))),
            ("unit_price", money(64_950)), ("line_total", money(129_900)),
        ])
        let address = object(
            ["name", "company", "line1", "line2", "city", "region", "postal_code", "country"].map { ($0, value) })
        let order = object([
            ("id", .string("019a2f75-4d20-7b91-9f36-e8c1a0b5d274")), ("number", .string("K7Q4M-2X9HB")),
            ("email", .string("a@b.example")),
            ("items", .array(Array(repeating: line, count: lines))), ("subtotal", money(129_900)), ("discount", money(100)),
            ("tax", money(20)), ("shipping", money(499)), ("total", money(130_319)), ("shipping_address", address),
            ("created_at", .string("2026-03-04T18:31:07Z")),
        ])
        return try #require(OrderMail(order))
    }

    private func object(_ members: [(String, JSONValue)]) -> JSONValue {
        var object = JSONObject()
        for (name, value) in members { object.append(name, value) }
        return .object(object)
    }

    private func values(_ kind: MailKind, _ text: String, _ language: MailLanguage, lines: Int) throws -> TemplateValues {
        switch kind {
        case .orderPlaced, .orderCancelled, .orderExpired:
            try order(text, lines: lines).values(shop: text, url: "https://shop.example/orders/1#token", kind, language)
        case .emailConfirmation, .accountExists, .passwordReset, .signInLink, .emailChangeOld, .emailChangeNew, .orderLink,
            .passwordChanged, .newSignIn, .accountDeleted:
            AccountMail.values(
                AccountMailStore.Mail(
                    subject: try #require(kind.accountSubject), recipient: "a@b.example", name: text, locale: nil, link: nil,
                    device: text, newEmail: text),
                shop: text, url: "https://shop.example/account/sign-in#token")
        case .webhookDisabled:
            try #require(WebhookMail(object([("id", .string(text)), ("url", .string(text)), ("reason", .string(text))]))).values(
                shop: text, language)
        case .stockLow:
            try #require(
                StockMail(
                    object([
                        ("sku", .string(text)), ("name", .string(text)), ("available", .number(JSONNumber(3))),
                        ("threshold", .number(JSONNumber(5))),
                    ]))
            ).values(shop: text)
        }
    }

    @Test(
        "every mail in every language, with hostile names, is text and no markup", arguments: MailKind.allCases,
        MailLanguage.allCases)
    func hostile(kind: MailKind, language: MailLanguage) throws {
        let templates = try MailTemplates.embedded.get()
        // The tags of the mail without anything hostile in it, whose number the texts must not change.
        func tags(_ html: String) -> Int { html.count { $0 == "<" } }
        for lines in [1, 100] {
            let plain = try templates.render(kind, language, values(kind, "x", language, lines: lines))
            // A greeting without a name.
            let nameless = try templates.render(kind, language, values(kind, "x.x", language, lines: lines))
            for text in HostileText.all where !text.allSatisfy(\.isWhitespace) {
                let mail = try templates.render(kind, language, values(kind, text, language, lines: lines))
                let expected = GreetingName.shown(text).isEmpty ? nameless : plain
                #expect(tags(mail.html) == tags(expected.html), "\(text)")
                #expect(mail.text.count(where: \.isNewline) == expected.text.count(where: \.isNewline), "\(text)")
                #expect(!mail.subject.contains { $0.isNewline })
                #expect(mail.html.contains(TemplateText.escaped(text)))
                #expect(mail.text.contains(TemplateText.plain(text)))
                #expect(!mail.html.contains("<script") && !mail.html.contains("<img") && !mail.html.contains("\u{202E}"))
            }
        }
    }

    @Test("the values of every mail are those of its shape, and the templates use all of them", arguments: MailKind.allCases)
    func shapes(kind: MailKind) throws {
        for language in MailLanguage.allCases {
            let values = try values(kind, "x", language, lines: 1)
            #expect(conforms(values, kind.shape))
            for format in Template.Format.allCases {
                let names = EmbeddedTemplates.mails.filter {
                    $0.key.hasPrefix(language.rawValue + "/") && $0.key.hasSuffix(format.rawValue)
                }
                let own = try #require(names["\(language.rawValue)/\(kind.rawValue).\(format.rawValue)"])
                let text = own + names.filter { $0.key.contains("/_") }.values.joined()
                // The id is for support, the SKU of a line for shops that show it.
                for name in allNames(kind.shape) where name != "id" && name != "sku" {
                    #expect(text.contains("{{\(name)}}") || text.contains("{{#\(name)}}"), "\(language) \(format) \(name)")
                }
            }
        }
    }

    private func conforms(_ values: TemplateValues, _ shape: [String: Template.Shape]) -> Bool {
        guard Set(values.keys) == Set(shape.keys) else { return false }
        return shape.allSatisfy { name, shape in
            switch (shape, values[name]) {
            case (.text, .text), (.flag, .flag): true
            case (.list(let element), .list(let elements)): elements.allSatisfy { conforms($0, element) }
            default: false
            }
        }
    }

    private func allNames(_ shape: [String: Template.Shape]) -> [String] {
        shape.flatMap { name, shape in
            if case .list(let element) = shape { [name] + allNames(element) } else { [name] }
        }
    }

    @Test("amounts, lines, address and link stand in the mail about an order, and what is zero does not") func content() throws {
        let templates = try MailTemplates.embedded.get()
        let german = try templates.render(.orderPlaced, .german, values(.orderPlaced, "Ada", .german, lines: 1))
        #expect(german.subject == "Ihre Bestellung K7Q4M-2X9HB bei Ada")
        let text = german.text.replacing("\u{A0}", with: " ")
        for part in [
            "Guten Tag Ada,", "4. März 2026", "2 × Ada (size: Ada, colour: Ada)", "649,50 € je Stück, 1.299,00 €",
            "Rabatt: -1,00 €",
            "Versand: 4,99 €", "Steuern: 0,20 €", "Gesamtbetrag: 1.303,19 €", "https://shop.example/orders/1#token",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        let english = try templates.render(.orderExpired, .english, values(.orderExpired, "Ada", .english, lines: 1))
        #expect(english.text.replacing("\u{A0}", with: " ").contains("€649.50 each, €1,299.00"))
        let plain = try #require(
            OrderMail(
                JSONValue.parse(
                    Array(
                        #"{"id":"019a2f75-4d20-7b91-9f36-e8c1a0b5d274","number":"N","email":"a@b.co","items":[],"subtotal":{"amount":0,"currency":"USD"},"total":{"amount":0,"currency":"USD"},"created_at":"2026-03-04T18:31:07Z","later":[]}"#
                            .utf8)))
        ).values(shop: "Shop", url: "u", .orderPlaced, .english)
        let bare = try templates.render(.orderPlaced, .english, plain)
        for word in ["Discount", "Shipping", "Tax"] { #expect(!bare.text.contains(word) && !bare.html.contains(word)) }
        #expect(bare.text.hasPrefix("Hello,\n"))
    }

    @Test("after the greeting, English goes on with a capital letter, and German as after a comma", arguments: MailKind.allCases)
    func sentences(kind: MailKind) throws {
        guard !kind.isAlert else { return }
        let templates = try MailTemplates.embedded.get()
        for name in ["Ada", ""] {
            let english = try templates.render(kind, .english, values(kind, name, .english, lines: 1))
            let sentence = try #require(english.text.split(separator: "\n").dropFirst().first)
            #expect(sentence.first?.isUppercase == true)
            if kind.accountSubject == nil { #expect(english.text.contains("placed on 4\u{A0}March\u{A0}2026")) }
            let paragraphs = english.html.split(separator: "\n").filter { $0.hasPrefix("<p>") }
            #expect(paragraphs[1] == "<p>\(sentence)</p>")
        }
        let german = try templates.render(kind, .german, values(kind, "Ada", .german, lines: 1))
        let sentence = try #require(german.text.split(separator: "\n").dropFirst().first)
        let starts = ["vielen Dank ", "Ihre ", "Ihr ", "Sie ", "jemand ", "mit ", "das "]
        #expect(starts.contains { sentence.hasPrefix($0) })
    }

    @Test(
        "the alert tells in its own language why a webhook was disabled",
        arguments: [
            (
                #""reason":"x","reason_code":"gone","failing_since":null"#,
                "Reason: It has answered 410 (Gone): it wants no more events.",
                "Grund: Der Empfänger hat mit 410 (Gone) geantwortet: Er möchte keine Ereignisse mehr."
            ),
            (
                #""reason":"x","reason_code":"failing","failing_since":"2026-11-02T09:30:00.000000Z""#,
                "Reason: All deliveries have failed since 2 November 2026, 09:30 UTC.",
                "Grund: Alle Zustellungen sind seit dem 2. November 2026, 09:30 Uhr (UTC) fehlgeschlagen."
            ),
            // Events of other releases.
            (
                #""reason":"all have failed","failing_since":"2026-11-02T09:30:00.000000Z""#, "Reason: all have failed",
                "Grund: all have failed"
            ),
            (#""reason":"it sleeps","reason_code":"asleep""#, "Reason: it sleeps", "Grund: it sleeps"),
            (#""reason":"it fails","reason_code":"failing","failing_since":"?""#, "Reason: it fails", "Grund: it fails"),
        ])
    func reasons(members: String, english: String, german: String) throws {
        let templates = try MailTemplates.embedded.get()
        let payload = try JSONValue.parse(Array("{\"id\":\"019a\",\"url\":\"https://hooks.example\",\(members)}".utf8))
        for (language, line) in [(MailLanguage.english, english), (.german, german)] {
            let values = try #require(WebhookMail(payload)).values(shop: "Shop", language)
            #expect(conforms(values, MailKind.webhookDisabled.shape))
            let mail = try templates.render(.webhookDisabled, language, values)
            let found = mail.text.replacing("\u{A0}", with: " ").split(separator: "\n").filter {
                $0.hasPrefix("Reason:") || $0.hasPrefix("Grund:")
            }
            #expect(found == [Substring(line)])
            let text = line.drop { $0 != ":" }.dropFirst(2)
            #expect(mail.html.replacing("\u{A0}", with: " ").contains(text))
        }
    }

    @Test(
        "the alert about stock is right for any number, also for none",
        arguments: [
            (7, "Stock of MUG is low", "Stock of MUG (Mug) is low.", "Der Bestand von MUG (Mug) ist niedrig."),
            (1, "Stock of MUG is low", "Stock of MUG (Mug) is low.", "Der Bestand von MUG (Mug) ist niedrig."),
            (0, "MUG is sold out", "MUG (Mug) is sold out.", "MUG (Mug) ist ausverkauft."),
        ])
    func stock(available: Int, subject: String, english: String, german: String) throws {
        let templates = try MailTemplates.embedded.get()
        let payload = object([
            ("sku", .string("MUG")), ("name", .string("Mug")), ("available", .number(JSONNumber(available))),
            ("threshold", .number(JSONNumber(9))),
        ])
        let values = try #require(StockMail(payload)).values(shop: "Shop")
        let mail = try templates.render(.stockLow, .english, values)
        #expect(mail.subject == "Shop: \(subject)")
        #expect(mail.text.hasPrefix("\(english)\n\nAvailable: \(available)\n") && mail.html.contains("<p>\(english)</p>"))
        let translated = try templates.render(.stockLow, .german, values)
        #expect(translated.text.hasPrefix("\(german)\n\n") && translated.html.contains("<p>\(german)</p>"))
    }

    @Test("every mail has a title", arguments: MailKind.allCases, MailLanguage.allCases)
    func title(kind: MailKind, language: MailLanguage) throws {
        let templates = try MailTemplates.embedded.get()
        #expect(
            try templates.render(kind, language, values(kind, "A & B", language, lines: 1)).html.contains(
                "<title>A &amp; B</title>"))
    }

    @Test("a name that is a text with a link is not greeted", arguments: MailLanguage.allCases)
    func greeting(language: MailLanguage) throws {
        let templates = try MailTemplates.embedded.get()
        let name = "You won: https://evil.example"
        let mail = try templates.render(.orderPlaced, language, values(.orderPlaced, name, language, lines: 1))
        #expect(mail.text.hasPrefix(language == .english ? "Hello,\n" : "Guten Tag,\n"))
        #expect(mail.html.contains(language == .english ? "<p>Hello,</p>" : "<p>Guten Tag,</p>"))
    }

    @Test("only the mail about an order that will be delivered tells where to", arguments: MailKind.allCases)
    func delivery(kind: MailKind) throws {
        guard !kind.isAlert else { return }
        let templates = try MailTemplates.embedded.get()
        for (language, words) in [(MailLanguage.english, "Delivery to:"), (.german, "Lieferung an:")] {
            let mail = try templates.render(kind, language, values(kind, "Ada", language, lines: 1))
            for text in [mail.text, mail.html] { #expect(text.contains(words) == (kind == .orderPlaced)) }
            #expect(mail.text.contains("    Ada\n") == (kind == .orderPlaced))
            // No gap is left where the address is missing.
            #expect(!mail.text.contains("\n\n\n"))
        }
    }

    @Test("the program contains the files of the directories, and no others") func embedded() throws {
        let root = try TestEnvironment.read().root + "/Sources/Shop/Notifications"
        var found: [String: String] = [:]
        for language in MailLanguage.allCases.map(\.rawValue) {
            for name in try FileManager.default.contentsOfDirectory(atPath: "\(root)/Templates/\(language)") {
                found["\(language)/\(name)"] = try String(
                    contentsOfFile: "\(root)/Templates/\(language)/\(name)", encoding: .utf8)
            }
        }
        #expect(found == EmbeddedTemplates.mails)
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(root)/Pages/Files") {
            #expect(try String(contentsOfFile: "\(root)/Pages/Files/\(name)", encoding: .utf8) == EmbeddedTemplates.page(name))
        }
    }

    @Test("docs/mail.md names every mail and its values") func documented() throws {
        let text = try String(contentsOfFile: TestEnvironment.read().root + "/docs/mail.md", encoding: .utf8)
        for kind in MailKind.allCases {
            let row = try #require(text.split(separator: "\n").first { $0.hasPrefix("|") && $0.contains("`\(kind.rawValue)`") })
            for name in allNames(kind.shape) { #expect(row.contains("`\(name)`"), "\(kind) \(name)") }
        }
    }

    @Test("a directory replaces single templates") func overriding() throws {
        let directory = try ScratchDirectory("templates")
        try FileManager.default.createDirectory(atPath: directory.path + "/de", withIntermediateDirectories: false)
        _ = try directory.write("de/order-placed.txt", "Subject: Danke, {{name}}\r\n\r\n{{> order}}")
        _ = try directory.write("de/_order.txt", "{{total}}\n")
        let templates = try MailTemplates(overriding: directory.path)
        let german = try templates.render(.orderPlaced, .german, values(.orderPlaced, "Ada", .german, lines: 1))
        #expect(german.subject == "Danke, Ada" && german.text == "1.303,19\u{A0}€\n")
        let own = try MailTemplates.embedded.get().render(.orderPlaced, .german, values(.orderPlaced, "Ada", .german, lines: 1))
        #expect(german.html == own.html)
        #expect(
            try templates.render(.orderPlaced, .english, values(.orderPlaced, "Ada", .english, lines: 1)).text.contains(
                "Hello Ada"))
    }

    @Test(
        "a broken or unknown template of a directory is one clear line",
        arguments: [
            (
                "de/order-placed.txt", "Hallo",
                "de/order-placed.txt, line 1: the first line must be \"Subject: …\", and the second one empty"
            ),
            (
                "de/order-placed.txt", "Subject: x\n\na\n{{nme}}\n",
                "de/order-placed.txt, line 4: there is no value \"nme\"; there are "
            ),
            ("de/order-placed.txt", "Subject: {{x}}\n\na\n", "de/order-placed.txt, line 1: there is no value \"x\"; there are "),
            ("en/_order.html", "{{#items}}", "en/order-placed.html, order, line 1: {{#items}} is not closed"),
            ("en/welcome.txt", "x", "there is no template en/welcome.txt to replace"),
            ("fr/order-placed.txt", "x", "fr is not a directory of a language: there are en, de"),
            ("de/order-placed.html", "\u{0}\u{1}", nil),
        ] as [(String, String, String?)])
    func faults(name: String, text: String, fault: String?) throws {
        let directory = try ScratchDirectory("templates")
        try FileManager.default.createDirectory(
            atPath: directory.path + "/" + name.prefix { $0 != "/" }, withIntermediateDirectories: false)
        _ = try directory.write(name, text)
        var found: String?
        do throws(TemplateError) { _ = try MailTemplates(overriding: directory.path) } catch { found = error.description }
        #expect(found?.hasPrefix(fault ?? "-") ?? (fault == nil), "\(found ?? "")")
        #expect(found?.contains("\n") != true)
    }

    @Test("a directory that is not there, and a file that is not UTF-8, are one clear line") func unreadable() throws {
        #expect {
            try MailTemplates(overriding: "/nonexistent/templates")
        } throws: { ($0 as? TemplateError)?.description == "/nonexistent/templates cannot be read: No such file or directory" }
        let directory = try ScratchDirectory("templates")
        try FileManager.default.createDirectory(atPath: directory.path + "/de", withIntermediateDirectories: false)
        try Data([0xFF, 0xFE]).write(to: URL(fileURLWithPath: directory.path + "/de/order-placed.html"))
        #expect {
            try MailTemplates(overriding: directory.path)
        } throws: { ($0 as? TemplateError)?.description == "de/order-placed.html is not UTF-8" }
    }
}
