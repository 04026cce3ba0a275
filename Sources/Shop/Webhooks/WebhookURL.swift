import HTTPClient

/// The URL of an endpoint, checked and in one spelling: scheme and host in lower case, no default port, a path.
///
/// This catches mistakes, and URLs that point inside, when an endpoint is added. A name's addresses are checked again with each
/// connection, since only then is it known where the name leads.
package struct WebhookURL: Sendable, Equatable {
    /// The whole URL. Its query may be a secret of the receiver.
    package let text: String

    /// The longest URL, in bytes.
    package static let longest = 2_048

    /// Why a URL cannot be an endpoint's, in words that complete "the URL …". It does not repeat the URL.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let description: String

        fileprivate init(_ description: String) { self.description = description }
    }

    /// - Parameter allowsPrivate: whether http, any port and any address are allowed
    package init(_ text: String, allowsPrivate: Bool) throws(Fault) {
        guard text.utf8.count <= Self.longest else { throw Fault("is longer than \(Self.longest) bytes") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\"<>\\^`{|}".utf8.contains($0) }) else {
            throw Fault("has characters that a URL cannot have; they must be percent-encoded")
        }
        let beginning = allowsPrivate ? "https:// or http://" : "https://"
        guard let colon = text.firstRange(of: "://") else { throw Fault("does not begin with \(beginning)") }
        let scheme = text[..<colon.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" && allowsPrivate else {
            throw Fault("does not begin with \(beginning)")
        }
        guard !text.utf8.contains(UInt8(ascii: "#")) else { throw Fault("has a fragment") }
        let rest = text[colon.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else { throw Fault("has a user name or password") }
        let (host, port) = try Self.hostAndPort(authority)
        let standard = scheme == "https" ? 443 : 80
        let number = try Self.number(of: port) ?? standard
        guard allowsPrivate || number == 443 || number == 8443 else { throw Fault("has another port than 443 or 8443") }
        try Self.check(host, allowsPrivate: allowsPrivate)
        let path = rest[authority.endIndex...]
        self.text =
            "\(scheme)://\(host)" + (number == standard ? "" : ":\(number)") + (path.first == "/" ? "" : "/") + path
    }

    /// The URL without its query, which may hold a secret: for logs, lists and events.
    package var shown: String { Self.shown(text) }

    /// The same for the text of a URL that was checked before.
    package static func shown(_ url: String) -> String { String(url.prefix { $0 != "?" }) }

    private static func hostAndPort(_ authority: Substring) throws(Fault) -> (host: String, port: Substring?) {
        var (host, port) = (authority, Substring?.none)
        // The colons of an IPv6 address stand in brackets.
        let end = authority.lastIndex(of: "]") ?? authority.startIndex
        if let colon = authority[end...].lastIndex(of: ":") {
            (host, port) = (authority[..<colon], authority[authority.index(after: colon)...])
        }
        guard !host.isEmpty else { throw Fault("has no host") }
        return (host.lowercased(), port)
    }

    private static func number(of port: Substring?) throws(Fault) -> Int? {
        guard let port, !port.isEmpty else { return nil }
        guard port.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(port), (1...65_535).contains(number) else {
            throw Fault("has no valid port")
        }
        return number
    }

    private static func check(_ host: String, allowsPrivate: Bool) throws(Fault) {
        if host.hasPrefix("[") {
            guard host.hasSuffix("]"), case .ipv6(let bits)? = NetworkAddress(String(host.dropFirst().dropLast())) else {
                throw Fault("has no valid IPv6 address")
            }
            return try check(.ipv6(bits), allowsPrivate: allowsPrivate)
        }
        let name = host.hasSuffix(".") ? host.dropLast() : host[...]
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard name.utf8.count <= 253,
            labels.allSatisfy({ label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-" && label.utf8.allSatisfy(isOfName)
            })
        else { throw Fault("has no valid host name; names in other scripts must be in their ASCII form (xn--…)") }
        // What ends in a number is an IPv4 address for resolvers (WHATWG URL §3.5), in many spellings: 127.1, 0x7f000001, 017700000001.
        // Only the usual one is allowed.
        if let last = labels.last, last.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) || last.hasPrefix("0x") {
            guard name == host[...], let address = NetworkAddress(host) else {
                throw Fault("has an IPv4 address that is not four decimal numbers")
            }
            return try check(address, allowsPrivate: allowsPrivate)
        }
        guard !allowsPrivate else { return }
        let isInside = labels.count == 1 || ["localhost", "local", "internal"].contains(labels.last ?? "")
        guard !isInside else { throw Fault("has a host name that is not public") }
    }

    private static func check(_ address: NetworkAddress, allowsPrivate: Bool) throws(Fault) {
        guard allowsPrivate || AddressPolicy.publicOnly.allows(address) else {
            throw Fault("has an address that is not public")
        }
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
