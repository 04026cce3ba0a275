import Testing

@testable import Commerce

@Suite("E-mail address")
struct EmailAddressTests {
    @Test("takes what mail is sent to", arguments: [
        "a@b.co", "ada.park+shop@mail.example.com", "o'neil@example.ie", "ünï@exämple.de", "a_b-c@x-y.museum", "1@1.2",
        String(repeating: "a", count: 64) + "@example.com",
        "a@" + String(repeating: "b", count: 248) + ".co",
    ])
    func taken(text: String) {
        #expect(EmailAddress.parse(text) == text)
    }

    @Test("refuses what cannot be one", arguments: [
        "", "a", "@", "a@", "@b.co", "a@b", "a@b.", "a@.co", "a@b..co", ".a@b.co", "a.@b.co", "a..b@b.co", "a@@b.co", "a@b@c.co", "a b@c.co",
        "a@b c.co", "a@b.co\n", "a\u{0}@b.co", "a\u{7f}@b.co", "\"a\"@b.co", "a(b)@c.co", "<a@b.co>", "a@b.co,c@d.co", "a@[127.0.0.1]",
        String(repeating: "a", count: 65) + "@example.com", "a@" + String(repeating: "b", count: 250) + ".co",
    ])
    func refused(text: String) {
        #expect(EmailAddress.parse(text) == nil)
    }
}
