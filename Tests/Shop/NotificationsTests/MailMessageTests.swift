import Formats
import Foundation
import TestSupport
import Testing

@testable import Notifications

@Suite struct MailMessageTests {
    private let event = UUID(high: 0x019a_2f75_4d20_7b91, low: 0x9f36_e8c1_a0b5_d274)

    private func message(
        subject: String = "S", text: String = "T\n", html: String = "<p>H</p>\n", shop: String = "Shop",
        recipient: String = "ada@example.com"
    ) -> MailMessage {
        MailMessage(
            event: event, sender: MailSender(name: shop, address: "shop@shop.example"), recipient: recipient, language: .german,
            subject: subject, text: text, html: html)
    }

    @Test("the mail has the headers of an automatic one, and the Message-ID of its event") func headers() {
        let text = String(decoding: message().bytes(at: Timestamp(seconds: 1_772_649_067)), as: UTF8.self)
        #expect(
            text
                == """
                Date: Wed, 04 Mar 2026 18:31:07 +0000
                From: "Shop"
                 <shop@shop.example>
                To: ada@example.com
                Subject: S
                Message-ID: <019a2f75-4d20-7b91-9f36-e8c1a0b5d274@shop.example>
                Auto-Submitted: auto-generated
                X-Auto-Response-Suppress: All
                Content-Language: de
                MIME-Version: 1.0
                Content-Type: multipart/alternative;
                 boundary="=_019a2f75-4d20-7b91-9f36-e8c1a0b5d274"

                --=_019a2f75-4d20-7b91-9f36-e8c1a0b5d274
                Content-Type: text/plain; charset=utf-8
                Content-Transfer-Encoding: quoted-printable

                T

                --=_019a2f75-4d20-7b91-9f36-e8c1a0b5d274
                Content-Type: text/html; charset=utf-8
                Content-Transfer-Encoding: quoted-printable

                <p>H</p>

                --=_019a2f75-4d20-7b91-9f36-e8c1a0b5d274--

                """.replacing("\n", with: "\r\n"))
    }

    /// Python reads each file of a directory with its strict policy, and writes what it has found as a line of JSON.
    private static let reader = """
        import email, email.policy, json, pathlib, sys
        policy = email.policy.SMTP.clone(raise_on_defect=True, utf8=True)
        for path in sorted(pathlib.Path(sys.argv[1]).iterdir(), key=lambda path: int(path.name)):
            message = email.message_from_bytes(path.read_bytes(), policy=policy)
            parts = list(message.iter_parts())
            for part in [message] + parts:
                assert not part.defects, (path, part.defects)
                for name, value in part.items():
                    assert not value.defects, (path, name, value, value.defects)
            address = message["from"].addresses
            print(json.dumps({
                "subject": message["subject"], "from": [address[0].display_name, address[0].addr_spec, str(len(address))],
                "to": [a.addr_spec for a in message["to"].addresses], "id": message["message-id"], "names": message.keys(),
                "types": [message.get_content_type()] + [part.get_content_type() for part in parts],
                "charsets": [part.get_content_charset() for part in parts],
                "text": message.get_body(("plain",)).get_content().replace("\\r\\n", "\\n"),
                "html": message.get_body(("html",)).get_content().replace("\\r\\n", "\\n"),
            }))
        """

    private struct Read: Decodable {
        let subject: String
        let from: [String]
        let to: [String]
        let id: String
        let names: [String]
        let types: [String]
        let charsets: [String]
        let text: String
        let html: String
    }

    private func read(_ messages: [[UInt8]]) async throws -> [Read] {
        let output = try await onOwnThread {
            let directory = try ScratchDirectory("mails")
            for (place, message) in messages.enumerated() {
                try Data(message).write(to: URL(fileURLWithPath: "\(directory.path)/\(place)"))
            }
            return try Command.check(["python3", "-c", Self.reader, directory.path])
        }
        return try output.split(separator: "\n").map { try JSONDecoder().decode(Read.self, from: Data($0.utf8)) }
    }

    /// As the RFC has it: 78 characters without CR LF (RFC 5322 §2.1.1), all of them ASCII.
    private func check(_ bytes: [UInt8], longest: Int = 78) {
        #expect(bytes.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x0D || $0 == 0x0A })
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.utf8.count <= longest && !$0.utf8.contains(0x0A) && !$0.utf8.contains(0x0D) && $0 != "." })
        #expect(lines.allSatisfy { !$0.hasPrefix("From ") && !$0.hasPrefix(".") })
    }

    @Test("Python's strict parser reads every mail as it was meant, and no text adds a header") func python() async throws {
        var random = SeededGenerator(seed: 9)
        var texts = HostileText.all
        while texts.count < 1_500 { texts.append(random.text(upTo: 80)) }
        while texts.count < 2_000 { texts.append(random.text(upTo: 300, from: "aAüß€😀 .=?_<>\"\\,;:@()\t\r\n-F")) }
        let mails = texts.enumerated().map { place, text in
            message(
                subject: text, text: text + "\n.\nFrom x\n" + text, html: "<p>" + text + "</p>",
                shop: texts[(place + 7) % texts.count])
        }
        let bytes = mails.map { $0.bytes(at: Timestamp(seconds: 1_772_649_067)) }
        for bytes in bytes { check(bytes, longest: 998) }
        let found = try await read(bytes)
        try #require(found.count == mails.count)
        let names = [
            "Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Language",
            "MIME-Version",
            "Content-Type",
        ]
        for (mail, found) in zip(mails, found) {
            #expect(found.names == names)
            #expect(same(found.subject, TemplateText.plain(mail.subject)), "\(mail.subject.debugDescription)")
            #expect(found.from[1...] == ["shop@shop.example", "1"])
            #expect(same(found.from[0], TemplateText.plain(mail.sender.name)), "\(mail.sender.name.debugDescription)")
            #expect(found.to == ["ada@example.com"] && found.id == "<019a2f75-4d20-7b91-9f36-e8c1a0b5d274@shop.example>")
            #expect(found.types == ["multipart/alternative", "text/plain", "text/html"] && found.charsets == ["utf-8", "utf-8"])
            #expect(found.text == lines(mail.text) && found.html == lines(mail.html))
            // The mailbox reads the same.
            let parts = MailParts(mail.bytes(at: .now))
            #expect(parts.text == lines(mail.text) && parts.html == lines(mail.html))
        }
    }

    /// Python collapses white space between the words of a header.
    private func same(_ left: String, _ right: String) -> Bool {
        func words(_ text: String) -> [String] {
            text.unicodeScalars.split { $0.properties.isWhitespace || $0.value < 0x20 }.map { String($0) }
        }
        return words(left).joined() == words(right).joined()
    }

    /// The text with LF at the end of each line.
    private func lines(_ text: String) -> String {
        var lines = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        if !lines.hasSuffix("\n"), !lines.isEmpty { lines += "\n" }
        return lines
    }

    @Test("encoded words have at most 75 characters and lines 76, and no character is divided") func folding() {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<5_000 {
            let text = random.text(upTo: 120)
            for (value, used) in [(EncodedText.unstructured(text, after: 9), 9), (EncodedText.phrase(text, after: 6), 6)] {
                let lines = value.split(separator: "\r\n", omittingEmptySubsequences: false)
                guard value.hasPrefix("=?") else { continue }
                for (place, line) in lines.enumerated() {
                    let word = place == 0 ? line : line.dropFirst()
                    #expect(word.utf8.count <= 75 && line.utf8.count + (place == 0 ? used : 0) <= 76)
                    let content = word.dropFirst(10).dropLast(2)
                    let bytes = Data(base64Encoded: String(content))
                    #expect(bytes.flatMap { String(validating: $0, as: UTF8.self) } != nil)
                }
            }
        }
    }

    @Test("quoted-printable text comes back, in lines of at most 76 characters") func quotedPrintable() {
        var random = SeededGenerator(seed: 8)
        for _ in 0..<20_000 {
            let text = random.next() % 2 == 0 ? random.text(upTo: 200) : random.text(upTo: 200, from: "a =.\tF\nü")
            let bytes = QuotedPrintable.encode(text)
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
            #expect(lines.allSatisfy { $0.utf8.count <= 76 && !$0.hasSuffix(" ") && !$0.hasSuffix("\t") && !$0.hasPrefix(".") })
            #expect(QuotedPrintable.decode(bytes) == self.lines(text.isEmpty ? "\n" : text))
        }
        for noise in ["=", "==", "=X", "=4", "=\r", "a=ZZ", "=0"] { _ = QuotedPrintable.decode(noise.utf8) }
    }

    @Test(
        "a domain with letters of other scripts is sent in ASCII",
        arguments: [
            ("ada@example.com", "ada@example.com"), ("ada@bücher.example", "ada@xn--bcher-kva.example"),
            ("ada@例え.テスト", "ada@xn--r8jz45g.xn--zckzah"), ("ada@mañana.com", "ada@xn--maana-pta.com"),
            ("ada@почта.рф", "ada@xn--80a1acny.xn--p1ai"), ("ada@Bücher.example", "ada@xn--bcher-kva.example"), ("ada", "ada"),
            ("josé@例え.jp", "josé@xn--r8jz45g.jp"), ("ada@münchen-ost.de", "ada@xn--mnchen-ost-9db.de"),
        ])
    func domains(address: String, ascii: String) { #expect(EmailDomain.ascii(address) == ascii) }

    @Test("labels of any letters have the ASCII form that Python finds") func punycode() async throws {
        var random = SeededGenerator(seed: 6)
        let alphabet = "abcxyz0189-äöüßéñçøłğ例え日本語テストпочтаעבריתعربيไทย한국어ελληνικά𐐷😀"
        let labels = (0..<2_000).map { _ in random.text(upTo: 40, from: alphabet) }.filter { !$0.isEmpty }
        let script =
            "import sys\nfor line in open(sys.argv[1], encoding='utf-8', newline='\\n'): print(line[:-1].encode('punycode').decode())"
        let expected = try await onOwnThread {
            let directory = try ScratchDirectory("labels")
            let file = try directory.write("labels", labels.map { $0 + "\n" }.joined())
            return try Command.check(["python3", "-c", script, file]).split(separator: "\n", omittingEmptySubsequences: false)
        }
        for (label, expected) in zip(labels, expected) {
            #expect(Punycode.encode(label.unicodeScalars.map(\.value)) == expected, "\(label)")
        }
    }
}
