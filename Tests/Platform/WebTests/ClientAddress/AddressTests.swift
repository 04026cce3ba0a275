import Testing

@testable import Web

@Suite struct AddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
        ("::1", "::1"), ("2001:DB8:0:0:0:0:0:7", "2001:db8::7"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1:0:0:1", "fe80::1:0:0:1"),
    ])
    func anAddressIsReadAndWrittenCanonically(text: String, canonical: String) throws {
        #expect(try #require(IPAddress(text)).description == canonical)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "[::1]", ":::", "g::", "fe80::1%eth0",
        "localhost", "0x7f.1", "1.2.3.4\u{0}", "::1\u{0}x", String(repeating: "1", count: 1_000),
    ])
    func whatIsNoAddressIsRefused(text: String) { #expect(IPAddress(text) == nil) }

    @Test func everyAddressRoundTrips() throws {
        for _ in 0..<5_000 {
            let six = IPAddress(bits: .random(in: .min ... .max))
            #expect(IPAddress(six.description) == six)
            let four = IPAddress(bits: 0xffff_0000_0000 | .random(in: 0...0xffff_ffff))
            #expect(IPAddress(four.description) == four)
        }
    }

    @Test(arguments: [
        ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"], ["9.255.255.255", "11.0.0.0", "::a00:1"]),
        ("10.1.2.3/8", ["10.200.0.1"], ["11.0.0.0"]), ("192.0.2.1", ["192.0.2.1"], ["192.0.2.2"]),
        ("0.0.0.0/0", ["1.2.3.4", "255.0.0.1"], ["::1", "2001:db8::1"]),
        ("::/0", ["::1", "1.2.3.4"], []), ("fd00::/8", ["fd12::1", "fdff::"], ["fe00::", "fc00::", "10.0.0.1"]),
        ("2001:db8::/33", ["2001:db8:7fff::"], ["2001:db8:8000::"]), ("::1/128", ["::1"], ["::2", "::"]),
    ])
    func aBlockHoldsItsAddresses(block: String, inside: [String], outside: [String]) throws {
        let block = try #require(AddressBlock(block))
        for text in inside { #expect(block.contains(try #require(IPAddress(text))), "\(text)") }
        for text in outside { #expect(!block.contains(try #require(IPAddress(text))), "\(text)") }
    }

    @Test(arguments: [
        "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "::/129", "10.0.0.0/8/8", "x/8",
        "10.0.0.0/99999999999999999999",
    ])
    func whatIsNoBlockIsRefused(text: String) { #expect(AddressBlock(text) == nil) }
}
