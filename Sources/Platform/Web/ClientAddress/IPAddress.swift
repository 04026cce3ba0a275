import Glibc

/// An address of IPv4 or IPv6 as one number; IPv4 as the IPv4-mapped address `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2),
/// which is also how a dual-stack socket reports it.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    package let bits: UInt128

    package init(bits: UInt128) { self.bits = bits }

    /// Reads the text of an address: dotted decimal, or RFC 4291 §2.2 without zone; nil for anything else.
    package init?(_ text: some StringProtocol) { self.init(utf8: text.utf8) }

    /// Reads the same from bytes.
    package init?(utf8 text: some Collection<UInt8>) {
        // The longest text is an IPv4-mapped address. inet_pton stops at a NUL, which must not hide a tail.
        let count = text.count
        guard count > 0, count <= 45, !text.contains(0) else { return nil }
        let read = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 46) { buffer -> UInt128? in
            buffer.initialize(repeating: 0)
            for (index, byte) in text.enumerated() { buffer[index] = CChar(bitPattern: byte) }
            guard let start = buffer.baseAddress else { return nil }
            var four = in_addr()
            if inet_pton(AF_INET, start, &four) == 1 {
                return IPAddress.mapped | UInt128(UInt32(bigEndian: four.s_addr))
            }
            var six = in6_addr()
            guard inet_pton(AF_INET6, start, &six) == 1 else { return nil }
            return withUnsafeBytes(of: six) { $0.reduce(0) { $0 << 8 | UInt128($1) } }
        }
        guard let read else { return nil }
        bits = read
    }

    package var isIPv4: Bool { bits >> 32 == 0xffff }

    /// The canonical text (RFC 5952), IPv4 as dotted decimal.
    package var description: String {
        guard !isIPv4 else {
            return [24, 16, 8, 0].map { String(UInt8(truncatingIfNeeded: bits >> $0)) }.joined(separator: ".")
        }
        var six = in6_addr()
        withUnsafeMutableBytes(of: &six) { bytes in
            for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: bits >> (8 * (15 - index))) }
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &six, &text, socklen_t(text.count)) != nil else { return "::" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static let mapped: UInt128 = 0xffff_0000_0000
}

/// A block of addresses in CIDR notation (RFC 4632 §3.1): `10.0.0.0/8`, `fd00::/8`. A single address is a block of
/// one.
package struct AddressBlock: Sendable, Hashable {
    private let network: UInt128
    private let mask: UInt128

    /// Nil for other text. Bits beyond the prefix are ignored, as routers do.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(first) else { return nil }
        let width = address.isIPv4 ? 32 : 128
        var length = width
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(parts[1]), number <= width
            else { return nil }
            length = number
        }
        // Shifting by the whole width gives 0, as Swift's smart shifts do.
        mask = UInt128.max << (width - length)
        network = address.bits & mask
    }

    package func contains(_ address: IPAddress) -> Bool { address.bits & mask == network }
}

/// Which addresses count as one client, without authentication.
package enum ClientKey {
    /// An IPv4 address by itself; an IPv6 address by its /64. One subscriber has a whole /64 (RFC 6177 §2), and could otherwise be as
    /// many clients as it likes. Other text stays as it is.
    package static func of(_ address: String) -> String {
        guard address.utf8.contains(UInt8(ascii: ":")), let parsed = IPAddress(address) else { return address }
        guard !parsed.isIPv4 else { return parsed.description }
        return IPAddress(bits: parsed.bits & ~0xffff_ffff_ffff_ffff).description + "/64"
    }
}
