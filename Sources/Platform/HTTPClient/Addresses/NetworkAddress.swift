import Glibc

/// An address of a host, as a socket connects to it.
///
/// An IPv4-mapped IPv6 address is an IPv6 address here: the kernel connects to the IPv4 host in it, and a policy must see that.
package enum NetworkAddress: Sendable, Hashable {
    case ipv4(UInt32)
    case ipv6(UInt128)

    /// From 4 or 16 bytes in network order; nil for another number of bytes.
    package init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self = .ipv4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16: self = .ipv6(bytes.reduce(0) { $0 << 8 | UInt128($1) })
        default: return nil
        }
    }

    /// Reads dotted decimal with four parts, or RFC 4291 §2.2 without zone; nil for anything else.
    package init?(_ text: String) {
        // inet_pton stops at a NUL.
        guard !text.utf8.contains(0) else { return nil }
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self = .ipv4(UInt32(bigEndian: four.s_addr))
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            self = .ipv6(withUnsafeBytes(of: six) { $0.reduce(0) { $0 << 8 | UInt128($1) } })
        } else {
            return nil
        }
    }
}

/// Addresses with the same first bits, in CIDR notation (RFC 4632 §3.1).
struct AddressRange: Sendable {
    private let network: NetworkAddress
    private let length: Int

    /// - Parameter length: the number of bits that addresses of the range share
    init(_ network: NetworkAddress, length: Int) {
        self.network = network
        self.length = length
    }

    /// As in `10.0.0.0/8`; nil for other text.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let network = NetworkAddress(String(parts[0])), let length = Int(parts[1]) else { return nil }
        let width = if case .ipv4 = network { 32 } else { 128 }
        guard (0...width).contains(length) else { return nil }
        self.init(network, length: length)
    }

    func contains(_ address: NetworkAddress) -> Bool {
        // Shifting by the whole width gives 0, as Swift's smart shifts do.
        switch (network, address) {
        case (.ipv4(let network), .ipv4(let address)): (network ^ address) >> (32 - length) == 0
        case (.ipv6(let network), .ipv6(let address)): (network ^ address) >> (128 - length) == 0
        default: false
        }
    }
}
