import Formats

/// Where mail is submitted, and how to log in there.
package struct SMTPServer: Sendable, Equatable {
    package enum Security: Sendable, Equatable {
        /// TLS from the first byte (RFC 8314 §3.3).
        case tls
        /// STARTTLS (RFC 3207); no mail is sent without it.
        case startTLS
        /// Plain text, for a server on the same machine that only catches mail.
        case none
    }

    package var host: String
    package var port: Int
    package var security: Security
    package var user: String?
    /// Only for the connection; every description leaves it out.
    package var password: String?

    package init(host: String, port: Int, security: Security, user: String? = nil, password: String? = nil) {
        self.host = host
        self.port = port
        self.security = security
        self.user = user
        self.password = password
    }
}

extension SMTPServer: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// As a URL, with stars for the password.
    package var description: String {
        let login = user.map { "\($0):***@" } ?? ""
        let address = host.contains(":") ? "[\(host)]" : host
        let scheme = security == .tls ? "smtps" : "smtp"
        return "\(scheme)://\(login)\(address):\(port)\(security == .none ? "?tls=off" : "")"
    }

    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}

/// A URL that names no mail server, in one line without the URL: it may contain a password.
package struct SMTPServerError: Error, Equatable, CustomStringConvertible {
    package let reason: String
    package var description: String { reason }
}

extension SMTPServer {
    /// `smtp://[user:password@]host[:port]` for STARTTLS (port 587), `smtps://…` for TLS (port 465), `smtp://host[:port]?tls=off`
    /// for plain text (port 25); user and password percent-encoded.
    package init(url: String) throws(SMTPServerError) {
        func refused(_ reason: String) -> SMTPServerError { SMTPServerError(reason: reason) }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { throw refused("has a space or a control character") }
        guard let schemeEnd = url.firstRange(of: "://") else {
            throw refused("is not a URL such as smtp://user:password@host:587")
        }
        var rest = url[schemeEnd.upperBound...]
        guard !rest.contains("#") else { throw refused("must not have a fragment (# in a password is written %23)") }
        var query: Substring?
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        switch (url[..<schemeEnd.lowerBound].lowercased(), query) {
        case ("smtps", nil): (security, port) = (.tls, 465)
        case ("smtp", nil), ("smtp", "tls=required"): (security, port) = (.startTLS, 587)
        case ("smtp", "tls=off"): (security, port) = (.none, 25)
        case ("smtp", _): throw refused("may only have the option tls=required or tls=off (? in a password is written %3F)")
        case ("smtps", _): throw refused("smtps must not have options (? in a password is written %3F)")
        default: throw refused("must begin with smtp:// or smtps://")
        }
        if rest.last == "/" { rest.removeLast() }
        guard !rest.contains("/") else { throw refused("must not have a path (/ in a password is written %2F)") }
        if let at = rest.lastIndex(of: "@") {
            (user, password) = try Self.login(rest[..<at])
            rest = rest[rest.index(after: at)...]
            guard security != .none else { throw refused("sends no password without TLS: leave out tls=off or the login") }
        }
        (host, port) = try Self.address(rest, defaultPort: port)
    }

    private static func login(_ text: Substring) throws(SMTPServerError) -> (user: String, password: String) {
        guard let colon = text.firstIndex(of: ":") else { throw SMTPServerError(reason: "has a user without a password") }
        guard let user = PercentEncoding.decode(text[..<colon].utf8),
            let password = PercentEncoding.decode(text[text.index(after: colon)...].utf8)
        else { throw SMTPServerError(reason: "has a user or password that is not percent-encoded UTF-8") }
        guard !user.isEmpty, !password.isEmpty else { throw SMTPServerError(reason: "has an empty user or password") }
        return (user, password)
    }

    private static func address(_ text: Substring, defaultPort: Int) throws(SMTPServerError) -> (host: String, port: Int) {
        var host = text
        var port: Substring?
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else {
                throw SMTPServerError(reason: "has an IPv6 address without its closing bracket")
            }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { throw SMTPServerError(reason: "has text after the address") }
            if !rest.isEmpty { port = rest.dropFirst() }
            guard host.utf8.allSatisfy({ Hexadecimal.value($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") })
            else {
                throw SMTPServerError(reason: "has an address that is not IPv6")
            }
        } else {
            if let colon = text.firstIndex(of: ":") {
                host = text[..<colon]
                port = text[text.index(after: colon)...]
            }
            guard host.utf8.allSatisfy(isNameCharacter) else {
                throw SMTPServerError(reason: "has characters in the host that no host has")
            }
        }
        guard !host.isEmpty else { throw SMTPServerError(reason: "has no host") }
        guard let port else { return (String(host), defaultPort) }
        guard port.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(port), (1...65_535).contains(number) else {
            throw SMTPServerError(reason: "has a port that is not from 1 to 65535")
        }
        return (String(host), number)
    }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: byte >= 0x80
        }
    }
}
