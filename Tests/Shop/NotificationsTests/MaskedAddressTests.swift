import TestSupport
import Testing

@testable import Notifications

@Suite struct MaskedAddressTests {
    @Test(
        "a server's reply names no recipient, however it spells the address",
        arguments: [
            ("ada@example.com", "550 <ada@example.com>: unknown", "550 <the recipient>: unknown"),
            ("Ada@Example.com", "550 <ADA@example.COM>: unknown", "550 <the recipient>: unknown"),
            ("a@müller.example", "550 a@xn--mller-kva.example unknown", "550 the recipient unknown"),
            ("a@Müller.example", "<A@XN--MLLER-KVA.EXAMPLE> <a@MÜLLER.example>", "<the recipient> <the recipient>"),
            // Bytes of a reply that are not ASCII have become spaces.
            ("zoë@müller.example", "550 <zo  @xn--mller-kva.example>", "550 <the recipient>"),
            ("zoë@müller.example", "550 <ZO  @m  ller.example>", "550 <the recipient>"),
            ("ada@example.com", "no such user: ada@exam", "no such user: the recipient"),
            ("ada@example.com", "no such user: ada@", "no such user: the recipient"),
            ("ada@example.com", "no such user: ada", "no such user: ada"),
            ("ada@example.com", "ada@example.com\u{301}", "the recipient\u{301}"),
            ("ada@example.com", "ada@example.com,ada@example.comada@example.com", "the recipient,the recipientthe recipient"),
            ("ada@example.com", "<bob@example.com>: ada@example.org", "<bob@example.com>: ada@example.org"),
            ("ada@example.com", "", ""), ("", "550 unknown", "550 unknown"), ("ada", "ada", "the recipient"),
        ])
    func replies(address: String, reply: String, masked: String) {
        #expect(MaskedAddress.masked(address, in: reply) == masked)
    }

    @Test("what is masked has no address left, and what has none stays") func noise() {
        var random = SeededGenerator(seed: 13)
        for _ in 0..<20_000 {
            let address = random.text(upTo: 3, from: "aÄb") + "@" + random.text(upTo: 3, from: "aöB.")
            let before = random.text(upTo: 8, from: "aAb@ö. ")
            let text = before + (random.next() % 2 == 0 ? address.uppercased() : "") + random.text(upTo: 8, from: "aAb@ö. ")
            let masked = MaskedAddress.masked(address, in: text)
            #expect(!masked.lowercased().contains(address.lowercased()), "\(address) in \(text)")
        }
    }
}
