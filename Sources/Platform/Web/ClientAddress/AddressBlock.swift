/// A block of addresses in CIDR notation (RFC 4632 §3.1): `10.0.0.0/8`, `fd00::/8`. An address alone is a block of
/// one.
package struct AddressBlock: Sendable, Hashable {
    private let network: UInt128
    private let mask: UInt128

    /// Nil for what is no block. Bits beyond the prefix are ignored, as routers do.
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
