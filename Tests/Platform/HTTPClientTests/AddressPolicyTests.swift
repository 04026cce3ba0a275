import TestSupport
import Testing

@testable import HTTPClient

@Suite struct AddressPolicyTests {
    /// The blocks of IANA's registries that are not for the public, with their first and last address.
    static let specialIPv4: [(first: UInt32, last: UInt32)] = [
        (0x0000_0000, 0x00ff_ffff), (0x0a00_0000, 0x0aff_ffff), (0x6440_0000, 0x647f_ffff), (0x7f00_0000, 0x7fff_ffff),
        (0xa9fe_0000, 0xa9fe_ffff), (0xac10_0000, 0xac1f_ffff), (0xc000_0000, 0xc000_00ff), (0xc000_0200, 0xc000_02ff),
        (0xc058_6300, 0xc058_63ff), (0xc0a8_0000, 0xc0a8_ffff), (0xc612_0000, 0xc613_ffff), (0xc633_6400, 0xc633_64ff),
        (0xcb00_7100, 0xcb00_71ff), (0xe000_0000, 0xffff_ffff),
    ]

    @Test("special IPv4 blocks are refused from their first to their last address, and their neighbours are not")
    func boundaries() {
        let policy = AddressPolicy.publicOnly
        for (first, last) in Self.specialIPv4 {
            #expect(!policy.allows(.ipv4(first)))
            #expect(!policy.allows(.ipv4(last)))
            #expect(!policy.allows(.ipv4(first + (last - first) / 2)))
            for neighbour in [first &- 1, last &+ 1]
            where !Self.specialIPv4.contains(where: { $0.first <= neighbour && neighbour <= $0.last }) {
                #expect(policy.allows(.ipv4(neighbour)), "\(String(neighbour, radix: 16))")
            }
        }
    }

    @Test("200,000 random IPv4 addresses are allowed just where no special block contains them") func random() {
        var generator = SeededGenerator(seed: 13)
        var wrong: [UInt32] = []
        for _ in 0..<200_000 {
            let address = UInt32.random(in: 0 ... .max, using: &generator)
            let isSpecial = Self.specialIPv4.contains { $0.first <= address && address <= $0.last }
            if AddressPolicy.publicOnly.allows(.ipv4(address)) == isSpecial { wrong.append(address) }
        }
        #expect(wrong.isEmpty)
    }

    @Test(
        "addresses that are not public are refused",
        arguments: [
            "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
            "100.127.255.255", "169.254.169.254", "169.254.170.2", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
            "198.18.0.1", "198.19.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.0.0.1", "192.88.99.1",
            "::", "::1", "::2", "::7f00:1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8",
            "64:ff9b::8.8.8.8", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff:ffff::1", "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1",
            "3fff::1", "3fff:fff:ffff::1", "5f00::1", "fc00::1", "fd00::1", "fd00:ec2::23", "fd00:ec2::254", "fe80::1", "febf::1",
            "fec0::1", "feff::1", "ff02::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "1fff:ffff::1", "4000::1",
        ])
    func refused(text: String) throws {
        let address = try #require(NetworkAddress(text))
        #expect(!AddressPolicy.publicOnly.allows(address))
        #expect(AddressPolicy.any.allows(address))
    }

    @Test(
        "public addresses are allowed",
        arguments: [
            "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "52.94.236.248", "100.63.255.255", "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0",
            "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
            "2000::1", "2001:200::1", "2001:4860:4860::8888", "2001:db7:ffff::1", "2001:db9::1", "2003::1", "2600:1f18::1",
            "2a05:d018::1", "3ffe:ffff::1", "3fff:1000::1",
        ])
    func allowed(text: String) throws {
        let address = try #require(NetworkAddress(text))
        #expect(AddressPolicy.publicOnly.allows(address))
    }

    @Test("100,000 random IPv6 addresses with an IPv4 address in them are refused, whatever it is") func embedded() {
        var generator = SeededGenerator(seed: 14)
        let prefixes: [UInt128] = [
            0, 0xffff << 32, 0xffff << 48, 0x0064_ff9b << 96, 0x0064_ff9b_0001 << 80, 0x2002 << 112, 0x2001_0000 << 96,
        ]
        var wrong = 0
        for _ in 0..<100_000 {
            let inner = UInt128(UInt32.random(in: 0 ... .max, using: &generator))
            for prefix in prefixes {
                let address = prefix == 0x2002 << 112 ? prefix | inner << 80 : prefix | inner
                if AddressPolicy.publicOnly.allows(.ipv6(address)) { wrong += 1 }
            }
        }
        #expect(wrong == 0)
    }

    @Test("where a range is misspelt, no address counts as public") func misspelt() {
        let ranges = AddressPolicy.ranges("10.0.0.0/8", "172.16.0.0/33")
        #expect(ranges == nil)
        #expect(!AddressPolicy.isOutside(ranges, .ipv4(0x0808_0808)))
        #expect(AddressPolicy.isOutside(AddressPolicy.ranges("10.0.0.0/8"), .ipv4(0x0808_0808)))
    }

    @Test("only https on 443 or 8443 without a login is for the public")
    func urls() {
        let policy = AddressPolicy.publicOnly
        for port in 1...65_535 {
            let isAllowed = port == 443 || port == 8443
            if (policy.fault(scheme: "https", port: port, hasUserInfo: false) == nil) != isAllowed {
                Issue.record("port \(port)")
            }
        }
        #expect(policy.fault(scheme: "http", port: 443, hasUserInfo: false) != nil)
        #expect(policy.fault(scheme: "https", port: 443, hasUserInfo: true) != nil)
        #expect(AddressPolicy.any.fault(scheme: "http", port: 1, hasUserInfo: true) == nil)
    }

    @Test(
        "text that is not one address is none",
        arguments: [
            "", "1.2.3", "0x7f.1", "2130706433", "1.2.3.4.5", "01.2.3.4", "[::1]", "::1%lo", "::g", "1.2.3.4\0", "localhost",
        ])
    func noAddress(text: String) { #expect(NetworkAddress(text) == nil) }
}
