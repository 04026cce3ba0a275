import Testing

@testable import Web

@Suite struct TrustedProxiesTests {
    private func client(
        _ peer: String, _ forwarded: String..., trusted: [String] = ["10.0.0.0/8", "fd00::/8"]
    ) throws -> String {
        try #require(TrustedProxies(trusted)).client(peer: peer, forwarded: forwarded)
    }

    @Test func anUntrustedPeerIsTheClientWhateverItSays() throws {
        #expect(try client("198.51.100.7", "203.0.113.1") == "198.51.100.7")
        #expect(try client("10.0.0.1", "203.0.113.1", trusted: []) == "10.0.0.1")
        #expect(try client("not an address", "203.0.113.1") == "not an address")
    }

    @Test func theEntryOfATrustedPeerIsTheClient() throws {
        #expect(try client("10.0.0.1", "203.0.113.1") == "203.0.113.1")
        #expect(try client("10.0.0.1", " 203.0.113.1 ") == "203.0.113.1")
        #expect(try client("::ffff:10.0.0.1", "203.0.113.1") == "203.0.113.1")
        #expect(try client("fd00::1", "2001:DB8::1") == "2001:db8::1")
        #expect(try client("10.0.0.1") == "10.0.0.1")
    }

    @Test func whatTheClientWroteItselfIsNotBelieved() throws {
        #expect(try client("10.0.0.1", "6.6.6.6, 203.0.113.1") == "203.0.113.1")
        #expect(try client("10.0.0.1", "6.6.6.6", "7.7.7.7,203.0.113.1") == "203.0.113.1")
        #expect(try client("10.0.0.1", "10.6.6.6, 203.0.113.1") == "203.0.113.1")
    }

    @Test func aChainOfTrustedProxiesIsFollowed() throws {
        #expect(try client("10.0.0.1", "6.6.6.6, 203.0.113.1, 10.0.0.2, 10.0.0.3") == "203.0.113.1")
        #expect(try client("10.0.0.1", "203.0.113.1", "10.0.0.2") == "203.0.113.1")
        #expect(try client("10.0.0.1", "10.0.0.3, 10.0.0.2") == "10.0.0.3")
    }

    @Test func whatNoProxyWritesEndsTheChain() throws {
        for odd in ["unknown", "", "<script>", "203.0.113.1;x", "_hidden", "203.0.113.1:", "1.2.3.4:99999", "[::1", "[1.2.3.4]"] {
            #expect(try client("10.0.0.1", "6.6.6.6, \(odd), 10.0.0.2") == "10.0.0.2", "\(odd)")
        }
    }

    @Test(arguments: [
        ("203.0.113.7:4711", "203.0.113.7"), ("[2001:db8::7]:4711", "2001:db8::7"), ("[2001:db8::7]", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"), ("203.0.113.7:0", "203.0.113.7"), ("\t203.0.113.7", "203.0.113.7"),
    ])
    func anEntryMayHaveAPort(entry: String, address: String) {
        #expect(TrustedProxies.address(entry[...])?.description == address)
    }

    @Test func aListWithWhatIsNoBlockIsRefused() {
        #expect(TrustedProxies(["10.0.0.0/8", "everyone"]) == nil)
        #expect(TrustedProxies([])?.isEmpty == true)
    }

    @Test func anyForwardedFieldNamesAnAddressOrThePeer() throws {
        let proxies = try #require(TrustedProxies(["10.0.0.0/8"]))
        let alphabet = Array("0123456789.:[]afx, ")
        for _ in 0..<20_000 {
            let field = String((0..<Int.random(in: 0...30)).map { _ in alphabet.randomElement() ?? "0" })
            #expect(IPAddress(proxies.client(peer: "10.0.0.1", forwarded: [field])) != nil)
        }
    }
}
