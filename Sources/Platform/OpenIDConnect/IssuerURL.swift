import HTTPClient

/// Which URLs of an issuer are fetched: https only, since a person who can change the keys can sign in as every person.
package enum IssuerURL {
    /// Why a URL is refused, as a clause about it; nil where it is not.
    package static func fault(_ text: String, allowsPlainHTTP: Bool) -> String? {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return "has characters other than visible ASCII" }
        let url: RequestURL
        do throws(HTTPClientError) { url = try RequestURL(text) } catch { return "is not a URL" }
        if url.hasUserInfo { return "contains a user or password" }
        if text.utf8.contains(UInt8(ascii: "#")) { return "has a fragment" }
        if url.scheme != "https", !allowsPlainHTTP, !isLoopback(url.host) { return "is not https" }
        return nil
    }

    /// Why a URL cannot be that of an issuer (OpenID Connect Discovery 1.0 section 3): it has no query either.
    package static func issuerFault(_ text: String, allowsPlainHTTP: Bool) -> String? {
        fault(text, allowsPlainHTTP: allowsPlainHTTP) ?? (text.utf8.contains(UInt8(ascii: "?")) ? "has a query" : nil)
    }

    /// Whether requests to a host stay on this machine.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" { return true }
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        return switch NetworkAddress(bare) {
        case .ipv4(let address): address >> 24 == 127
        case .ipv6(let address): address == 1
        case nil: false
        }
    }
}
