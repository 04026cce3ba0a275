/// Where requests may go whose URL a person outside of the operation has entered, such as a webhook's.
///
/// Names are not judged: an address is, when the socket to it is opened. So what was checked is what is connected to, however the
/// URL spells it and whatever the name's server answers the next time (DNS rebinding).
package struct AddressPolicy: Sendable, Equatable {
    /// Only hosts of the public internet, by https on port 443 or 8443, without user and password.
    package static let publicOnly = AddressPolicy(isPublicOnly: true)
    /// Any address and port, also by http: for tests, and for receivers in a private network.
    package static let any = AddressPolicy(isPublicOnly: false)

    let isPublicOnly: Bool

    /// Whether a request may connect to an address.
    package func allows(_ address: NetworkAddress) -> Bool { !isPublicOnly || Self.isPublic(address) }

    /// Why a URL with these parts is refused, as a clause about the URL; nil where it is not.
    /// - Parameters:
    ///   - scheme: in lower case
    ///   - port: the scheme's own where the URL has none
    ///   - hasUserInfo: whether the URL has a user or a password
    package func fault(scheme: String, port: Int, hasUserInfo: Bool) -> String? {
        guard isPublicOnly else { return nil }
        if scheme != "https" { return "must be https" }
        if port != 443 && port != 8443 { return "must have port 443 or 8443" }
        if hasUserInfo { return "must not contain a user or password" }
        return nil
    }

    /// Whether an address is one that the whole internet can reach (IANA's registries of special-purpose addresses, RFC 6890).
    static func isPublic(_ address: NetworkAddress) -> Bool {
        switch address {
        case .ipv4: isOutside(specialIPv4, address)
        case .ipv6: globalIPv6.contains(address) && isOutside(specialIPv6, address)
        }
    }

    /// False where the ranges could not be read.
    static func isOutside(_ ranges: [AddressRange]?, _ address: NetworkAddress) -> Bool {
        ranges.map { !$0.contains { $0.contains(address) } } ?? false
    }

    private static let specialIPv4 = ranges(
        "0.0.0.0/8", // this network
        "10.0.0.0/8", // private (RFC 1918)
        "100.64.0.0/10", // shared by the customers of a carrier (RFC 6598)
        "127.0.0.0/8", // loopback
        "169.254.0.0/16", // link-local (RFC 3927), with the metadata of clouds
        "172.16.0.0/12", // private
        "192.0.0.0/24", // protocol assignments
        "192.0.2.0/24", // documentation (RFC 5737)
        "192.88.99.0/24", // relays of 6to4, withdrawn (RFC 7526)
        "192.168.0.0/16", // private
        "198.18.0.0/15", // benchmarks (RFC 2544)
        "198.51.100.0/24", // documentation
        "203.0.113.0/24", // documentation
        "224.0.0.0/4", // multicast
        "240.0.0.0/4" // reserved, and broadcast
    )

    /// All unicast addresses that are assigned to the public so far (RFC 4291 §2.4). Outside are, among others, loopback,
    /// link-local, site-local, private and multicast addresses, those that contain an IPv4 address (`::a.b.c.d`, `::ffff:a.b.c.d`,
    /// `64:ff9b::/96`, `64:ff9b:1::/48`), and `fd00:ec2::254`. Inside are the public addresses of the operator's own hosts: a
    /// firewall must protect them, also from this one.
    private static let globalIPv6 = AddressRange(.ipv6(0x2000 << 112), length: 3)

    private static let specialIPv6 = ranges(
        "2001::/23", // protocol assignments; Teredo, which contains an IPv4 address
        "2001:db8::/32", // documentation (RFC 3849)
        "2002::/16", // 6to4, which contains an IPv4 address
        "3fff::/20" // documentation (RFC 9637)
    )

    /// Nil where one of the ranges is misspelt: no address counts as public then.
    static func ranges(_ texts: String...) -> [AddressRange]? {
        let ranges = texts.compactMap { AddressRange($0) }
        return ranges.count == texts.count ? ranges : nil
    }
}
