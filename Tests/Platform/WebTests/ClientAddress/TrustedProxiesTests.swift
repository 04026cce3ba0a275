import HTTPServer
import HTTPTypes
import TestSupport
import Testing
import WebTestSupport

@testable import Web

@Suite struct TrustedProxiesTests {
    private static let list = ["10.0.0.0/8", "fd00::/8"]
    private static let secret = "0123456789abcdefghijklmn"

    /// A head with fields of any bytes.
    private static func head(_ fields: [(name: String, value: [UInt8])]) -> RequestHead {
        var bytes = Array("GET / HTTP/1.1\r\n".utf8)
        var places: [RequestHead.Field] = []
        for (name, value) in fields {
            let start = bytes.count
            bytes += Array(name.utf8)
            let middle = bytes.count
            bytes += Array(": ".utf8) + value
            places.append(RequestHead.Field(name: start..<middle, value: middle + 2..<bytes.count))
            bytes += Array("\r\n".utf8)
        }
        return RequestHead(bytes: bytes, method: .get, path: 4..<5, query: nil, fields: places, isHTTP11: true)
    }

    private func client(_ peer: String, _ forwarded: String..., trusted: [String] = list) throws -> String {
        let head = RequestHead(.get, "/", fields: forwarded.map { ("X-Forwarded-For", $0) })
        return try #require(TrustedProxies(trusted)).client(peer: peer, head).address
    }

    private func client(
        _ proxies: TrustedProxies, peer: String = "10.0.0.1", _ fields: [(String, String)]
    ) -> TrustedProxies.Client {
        proxies.client(peer: peer, RequestHead(.get, "/", fields: fields))
    }

    // MARK: A list

    @Test func anUntrustedPeerIsTheClientWhateverItSends() throws {
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

    @Test func entriesOfTheClientItselfAreNotBelieved() throws {
        #expect(try client("10.0.0.1", "6.6.6.6, 203.0.113.1") == "203.0.113.1")
        #expect(try client("10.0.0.1", "6.6.6.6", "7.7.7.7,203.0.113.1") == "203.0.113.1")
        #expect(try client("10.0.0.1", "10.6.6.6, 203.0.113.1") == "203.0.113.1")
    }

    @Test func aChainOfTrustedProxiesIsFollowed() throws {
        #expect(try client("10.0.0.1", "6.6.6.6, 203.0.113.1, 10.0.0.2, 10.0.0.3") == "203.0.113.1")
        #expect(try client("10.0.0.1", "203.0.113.1", "10.0.0.2") == "203.0.113.1")
        #expect(try client("10.0.0.1", "10.0.0.3, 10.0.0.2") == "10.0.0.3")
    }

    @Test func aMalformedEntryEndsTheChain() throws {
        for odd in ["unknown", "", "<script>", "203.0.113.1;x", "_hidden", "203.0.113.1:", "1.2.3.4:99999", "[::1", "[1.2.3.4]"] {
            #expect(try client("10.0.0.1", "6.6.6.6, \(odd), 10.0.0.2") == "10.0.0.2", "\(odd)")
        }
    }

    @Test(arguments: [
        ("203.0.113.7:4711", "203.0.113.7"), ("[2001:db8::7]:4711", "2001:db8::7"), ("[2001:db8::7]", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"), ("203.0.113.7:0", "203.0.113.7"), ("\t203.0.113.7", "203.0.113.7"),
    ])
    func anEntryMayHaveAPort(entry: String, address: String) {
        #expect(ForwardedFor.address(Array(entry.utf8)[...])?.description == address)
    }

    @Test func aListWithAnInvalidBlockIsRefused() {
        #expect(TrustedProxies(["10.0.0.0/8", "everyone"]) == nil)
        #expect(TrustedProxies([])?.isEmpty == true)
    }

    @Test func invalidBytesOnTheLeftChangeNothing() throws {
        let proxies = try #require(TrustedProxies(Self.list))
        let good = Array(", 203.0.113.7".utf8)
        for bad: [UInt8] in [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0x80, 0x2c, 0xff], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0xaf]] {
            #expect(proxies.client(peer: "10.0.0.1", Self.head([("X-Forwarded-For", bad + good)])).address == "203.0.113.7")
            let lines = [("x-forwarded-for", bad), ("X-FORWARDED-FOR", Array("203.0.113.7".utf8))]
            #expect(proxies.client(peer: "10.0.0.1", Self.head(lines)).address == "203.0.113.7")
        }
    }

    /// The same rule in another form: the lines as one text, split at commas, each entry read as text.
    private static func model(_ lines: [[UInt8]], _ goesOn: (IPAddress) -> Bool) -> IPAddress? {
        let joined = Array(lines.joined(separator: [UInt8(ascii: ",")]))
        var last: IPAddress?
        guard !lines.isEmpty else { return nil }
        for entry in joined.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).reversed() {
            guard let text = String(validating: entry, as: UTF8.self) else { return last }
            let bare = text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed()
            let parts = String(bare)
            var address: IPAddress?
            if let match = parts.wholeMatch(of: /\[([^\]]*)\](?::([0-9]{1,5}))?/) {
                let isPort = match.2.map { (Int($0) ?? 70_000) <= 65_535 } ?? true
                address = isPort ? IPAddress(String(match.1)) : nil
                if address?.isIPv4 == true { address = nil }
            } else if let match = parts.wholeMatch(of: /([^:]*):([0-9]{1,5})/) {
                address = (Int(match.2) ?? 70_000) <= 65_535 ? IPAddress(String(match.1)) : nil
            } else {
                address = IPAddress(parts)
            }
            guard let address else { return last }
            last = address
            guard goesOn(address) else { return last }
        }
        return last
    }

    @Test func randomHeadersGiveTheResultOfTheModel() throws {
        var random = SeededGenerator(seed: 11)
        let list = try #require(TrustedProxies(Self.list))
        let pieces: [[UInt8]] =
            [
                "10.0.0.2", "10.200.0.9", "203.0.113.7", "6.6.6.6:80", "[2001:db8::7]:4711", "[fd00::2]", "2001:db8::9",
                "fd00::3",
                "", " ", "unknown", "1.2.3.4:99999", "[::1", "[1.2.3.4]", "::ffff:10.0.0.7", "203.0.113.8:", "[]", "1.2.3.4:5:6",
            ].map { Array($0.utf8) } + [[0xff], [0xc3, 0x28], [0xe2, 0x82, 0xac]]
        for _ in 0..<30_000 {
            var lines: [[UInt8]] = []
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let entries = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    [[], [0x20], [0x09]][Int.random(in: 0...2, using: &random)]
                        + pieces[Int.random(in: 0..<pieces.count, using: &random)]
                }
                lines.append(Array(entries.joined(separator: [UInt8(ascii: ",")])))
            }
            let head = Self.head(lines.map { ("X-Forwarded-For", $0) })
            let listed = Self.model(lines) { list.trusts($0) }
            #expect(list.client(peer: "10.0.0.1", head).address == listed?.description ?? "10.0.0.1", "\(lines)")
            let hops = Int.random(in: 1...4, using: &random)
            var left = hops
            let counted = Self.model(lines) { _ in
                left -= 1
                return left > 0
            }
            let proxies = TrustedProxies(blocks: [], hops: hops)
            #expect(proxies.client(peer: "10.0.0.1", head).address == counted?.description ?? "10.0.0.1", "\(hops) \(lines)")
        }
    }

    @Test func anyBytesGiveAnAddressOrThePeer() throws {
        var random = SeededGenerator(seed: 12)
        let some = [try #require(TrustedProxies(Self.list)), TrustedProxies(blocks: [], hops: 3)]
        let alphabet = Array("0123456789.:[]afx, ".utf8) + [0xff, 0x80]
        for _ in 0..<20_000 {
            let field = (0..<Int.random(in: 0...30, using: &random)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            let edge = EdgeSecret.viewer(of: Self.head([("CloudFront-Viewer-Address", field)]))
            #expect(edge.map { IPAddress($0.description) != nil } ?? true)
            for proxies in some {
                #expect(IPAddress(proxies.client(peer: "10.0.0.1", Self.head([("X-Forwarded-For", field)])).address) != nil)
            }
        }
    }

    // MARK: A number

    @Test func theConfiguredNumberOfEntriesIsBelieved() {
        let fields = [("X-Forwarded-For", "6.6.6.6, 203.0.113.7"), ("X-Forwarded-For", "198.51.100.1")]
        for (hops, address) in [(1, "198.51.100.1"), (2, "203.0.113.7"), (3, "6.6.6.6"), (9, "6.6.6.6")] {
            let found = client(TrustedProxies(blocks: [], hops: hops), fields)
            #expect(found == TrustedProxies.Client(address: address, isProxied: true), "\(hops)")
        }
        let two = TrustedProxies(blocks: [], hops: 2)
        #expect(client(two, []).address == "10.0.0.1")
        #expect(client(two, [("X-Forwarded-For", "203.0.113.7, unknown, 198.51.100.1")]).address == "198.51.100.1")
    }

    // MARK: A secret

    @Test func theViewerAddressIsBelievedOnlyWithTheSecret() throws {
        let edge = EdgeSecret(Self.secret, "another-secret-of-the-edge")
        let proxies = try #require(TrustedProxies(Self.list, edge: edge))
        let viewer = ("CloudFront-Viewer-Address", "203.0.113.7:46532"), forwarded = ("X-Forwarded-For", "6.6.6.6, 198.51.100.1")
        for secret in [Self.secret, "another-secret-of-the-edge"] {
            #expect(client(proxies, [viewer, forwarded, ("x-origin-verify", secret)]).address == "203.0.113.7")
            // The secret is proof, whatever the peer is.
            #expect(client(proxies, peer: "192.0.2.1", [viewer, ("X-Origin-Verify", secret)]).address == "203.0.113.7")
        }
        let wrong: [[(String, String)]] = [
            [], [("X-Origin-Verify", "")], [("X-Origin-Verify", Self.secret + "x")],
            [("X-Origin-Verify", String(Self.secret.dropLast()))],
            [("X-Origin-Verify", Self.secret.uppercased())], [("X-Origin-Verify", "wrong")],
            [("X-Origin-Verify", "guess"), ("X-Origin-Verify", Self.secret)],
            [("X-Origin-Verify", Self.secret), ("X-Origin-Verify", "guess")],
        ]
        for fields in wrong {
            #expect(client(proxies, [viewer, forwarded] + fields).address == "198.51.100.1", "\(fields)")
            #expect(client(proxies, peer: "192.0.2.1", [viewer, forwarded] + fields).address == "192.0.2.1", "\(fields)")
        }
    }

    @Test func aMalformedViewerAddressIsNotBelieved() throws {
        let proxies = try #require(TrustedProxies(Self.list, edge: EdgeSecret(Self.secret)))
        let right = [("X-Forwarded-For", "198.51.100.1"), ("X-Origin-Verify", Self.secret)]
        for (value, address) in [
            ("203.0.113.7:46532", "203.0.113.7"), ("2001:db8::2e:98:42654", "2001:db8::2e:98"),
            ("2001:db8:1:2:3:4:5:6:80", "2001:db8:1:2:3:4:5:6"),
            ("[2001:db8::7]:1", "2001:db8::7"), ("203.0.113.7", "203.0.113.7"),
        ] {
            #expect(client(proxies, right + [("CloudFront-Viewer-Address", value)]).address == address, "\(value)")
        }
        for value in [
            "", "unknown", "203.0.113.7:", "203.0.113.7:x", "203.0.113.7:70000", ":80", "2001:db8::7, 1.2.3.4:1", "1.2.3.4:1 ",
        ] {
            #expect(client(proxies, right + [("CloudFront-Viewer-Address", value)]).address == "198.51.100.1", "\(value)")
        }
        let twice = [("CloudFront-Viewer-Address", "6.6.6.6:1"), ("CloudFront-Viewer-Address", "203.0.113.7:1")]
        #expect(client(proxies, right + twice).address == "198.51.100.1")
    }

    @Test func theNumberHoldsForRequestsWithTheSecretAndTheListForOthers() throws {
        let proxies = try #require(TrustedProxies(Self.list, hops: 2, edge: EdgeSecret(Self.secret)))
        let fields = [
            ("X-Forwarded-For", "6.6.6.6, 203.0.113.7, 198.51.100.1"), ("CloudFront-Viewer-Address", "9.9.9.9:1"),
        ]
        #expect(client(proxies, fields + [("X-Origin-Verify", Self.secret)]).address == "203.0.113.7")
        #expect(client(proxies, fields + [("X-Origin-Verify", "wrong")]).address == "198.51.100.1")
        #expect(client(proxies, fields).address == "198.51.100.1")
        #expect(client(proxies, peer: "192.0.2.1", fields) == TrustedProxies.Client(address: "192.0.2.1", isProxied: false))
    }

    @Test func theSecretIsShownNowhere() async throws {
        let proxies = try #require(TrustedProxies([], edge: EdgeSecret(Self.secret)))
        var dumped = ""
        dump(proxies, to: &dumped)
        #expect(!"\(proxies)\(String(reflecting: proxies))\(dumped)".contains(Self.secret))
        for value in [Self.secret, "another guess"] {
            let found = try await onLoop { loop in
                let fields = [("X-Origin-Verify", value), ("Accept", "*/*"), ("X-ORIGIN-verify", value)]
                let request = proxies.withoutSecret(Request(.get, "/a?b", fields: fields, on: loop))
                return [request[.xOriginVerify], request[.accept], request.query.map { String(decoding: $0, as: UTF8.self) }]
            }
            #expect(found == [nil, "*/*", "b"])
        }
    }
}
