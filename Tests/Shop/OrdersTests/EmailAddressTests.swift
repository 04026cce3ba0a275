import Testing

@testable import Orders

@Suite("E-mail address")
struct EmailAddressTests {
    @Test(
        "addresses to which mail can be sent are accepted",
        arguments: [
            "a@b.co", "ada.park+shop@mail.example.com", "o'neil@example.ie", "ünï@exämple.de", "a_b-c@x-y.museum", "1@1.co",
            "!#$%&'*+-/=?^_`{|}~@b.co", "用户@例子.广告", "उपयोगकर्ता@उदाहरण.भारत", "κώστας@παράδειγμα.ελ", "a@xn--exmple-cua.com",
            "a@l·l.cat",
            String(repeating: "a", count: 64) + "@example.com",
            "a@" + String(repeating: String(repeating: "b", count: 61) + ".", count: 4) + "com",
            "a@" + String(repeating: "b", count: 63) + ".co",
        ])
    func taken(text: String) {
        #expect(EmailAddress.parse(text) == text)
    }

    @Test(
        "other texts are refused",
        arguments: [
            "", "a", "@", "a@", "@b.co", "a@b", "a@b.", "a@.co", "a@b..co", ".a@b.co", "a.@b.co", "a..b@b.co", "a@@b.co",
            "a@b@c.co", "a b@c.co",
            "a@b c.co", "a\u{0}@b.co", "a\u{7f}@b.co", "\"a\"@b.co", "a(b)@c.co", "<a@b.co>", "a@b.co,c@d.co", "a@[127.0.0.1]",
            String(repeating: "a", count: 65) + "@example.com", "a@" + String(repeating: "b", count: 64) + ".co",
            "a@" + String(repeating: String(repeating: "b", count: 61) + ".", count: 4) + "com.co", "a@1.2", "a@127.0.0.1",
            "a@-b.co", "a@b-.co",
            "a@b_c.co", "a@b!.co", "a@b.c,o", "a\\b@c.co", "a@\u{301}b.co", "a😀@b.co", "a@b😀.co", "a＠b.co", "a@b。co",
            "a‐b@c\u{2010}d.co",
            String(repeating: "é", count: 33) + "@b.co",
        ])
    func refused(text: String) {
        #expect(EmailAddress.parse(text) == nil)
    }

    @Test(
        "white space around an address is removed, and the address is in NFC",
        arguments: [
            ("  ada@example.com ", "ada@example.com"), ("ada@example.com\n", "ada@example.com"),
            ("\u{A0}ada@example.com\u{3000}", "ada@example.com"),
            ("zoe\u{308}@example.com", "zo\u{EB}@example.com"),
        ])
    func trimmed(text: String, kept: String) {
        #expect(EmailAddress.parse(text).map { Array($0.unicodeScalars) } == Array(kept.unicodeScalars))
    }

    @Test("invisible characters, and characters that change how others look, are refused") func hidden() {
        var tried = 0
        for value in UInt32(0)...0x10_FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let properties = scalar.properties
            switch properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .privateUse, .unassigned: break
            default: guard properties.isDefaultIgnorableCodePoint || properties.isBidiControl else { continue }
            }
            // A sample of the unassigned code points.
            guard value < 0x3000 || properties.generalCategory == .format || value % 997 == 0 else { continue }
            tried += 1
            #expect(EmailAddress.parse("a\(scalar)b@example.com") == nil, "\(String(value, radix: 16))")
            #expect(EmailAddress.parse("ab@exa\(scalar)mple.com") == nil, "\(String(value, radix: 16))")
        }
        #expect(tried > 500)
    }

    @Test("every letter and digit of every script is accepted in both parts") func letters() {
        for value in stride(from: UInt32(0x30), through: 0xFFFF, by: 7) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            guard scalar.properties.isAlphabetic, scalar.properties.generalCategory != .letterNumber else { continue }
            guard !scalar.properties.isDefaultIgnorableCodePoint, scalar.properties.generalCategory != .otherSymbol else {
                continue
            }
            let address = "a\(scalar)b@c\(scalar)d.example"
            #expect(EmailAddress.parse(address) == address, "\(String(value, radix: 16))")
        }
    }
}
