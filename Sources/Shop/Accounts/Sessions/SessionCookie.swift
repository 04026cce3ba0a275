import Formats
import HTTPServer
import HTTPTypes
import Web

/// The refresh token as a cookie, for pages of the shop's own origin: scripts cannot read it.
package enum SessionCookie {
    /// The prefix makes browsers refuse it without Secure, with another path or for another host (RFC 6265bis section 4.1.3.2).
    static let name = "__Host-refresh_token"

    /// The value of Set-Cookie.
    /// - Parameter lifetime: of the session
    static func header(_ token: RefreshToken, lifetime: Duration) -> String {
        "\(name)=\(token.text); Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=\(lifetime.components.seconds)"
    }

    /// The value of Set-Cookie that removes it.
    static let removal = "\(name)=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"

    /// The token in the cookies of a request; nil where there is none, or more than one.
    static func token(in head: RequestHead) -> String? {
        var found: [Substring] = []
        for header in head.values(of: .cookie) {
            for pair in header.split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                if pair.hasPrefix(name + "=") { found.append(pair.dropFirst(name.count + 1)) }
            }
        }
        return found.count == 1 ? String(found[0]) : nil
    }

    /// Whether a page of another site may have sent the request. Browsers send cookies with such requests; they also say where it comes
    /// from, and scripts cannot change that (Fetch Metadata; RFC 6454 section 7). A client that says neither is no browser.
    static func isCrossSite(_ head: RequestHead) -> Bool {
        if let site = head.bytes(of: .secFetchSite) {
            return !site.elementsEqual("same-origin".utf8) && !site.elementsEqual("none".utf8)
        }
        guard let origin = head.bytes(of: .origin) else { return false }
        guard let host = head.bytes(of: .host), let start = origin.firstRange(of: "://".utf8)?.upperBound else { return true }
        return !origin[start...].elementsEqual(host)
    }
}

extension HTTPField.Name {
    static let secFetchSite = constant("Sec-Fetch-Site")
    static let host = constant("Host")
}
