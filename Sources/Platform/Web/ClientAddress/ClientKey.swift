/// Who counts as one client, where nobody is logged in.
package enum ClientKey {
    /// An address of IPv4 by itself; of IPv6 its /64, all of which a subscriber has (RFC 6177 §2): else everybody would be as
    /// many clients as they like. What is no address counts as it is.
    package static func of(_ address: String) -> String {
        guard address.utf8.contains(UInt8(ascii: ":")), let parsed = IPAddress(address) else { return address }
        guard !parsed.isIPv4 else { return parsed.description }
        return IPAddress(bits: parsed.bits & ~0xffff_ffff_ffff_ffff).description + "/64"
    }
}
