extension RedisConfiguration {
    /// `redis://[user:password@]host[:port][/db]`, or `rediss://` for TLS; user and password percent-encoded.
    ///
    /// As the scheme is registered with IANA. A query is no part of it: it is refused, since a setting that is silently
    /// ignored is worse than an error.
    package init(url: String, setting: String = "REDIS_URL") throws(RedisConfigurationError) {
        func refused(_ reason: String) -> RedisConfigurationError {
            RedisConfigurationError(setting: setting, reason: reason)
        }
        guard let schemeEnd = url.firstRange(of: "://") else { throw refused("not a URL; expected redis://host:port") }
        let encrypted: Bool
        switch url[..<schemeEnd.lowerBound].lowercased() {
        case "redis": encrypted = false
        case "rediss": encrypted = true
        default: throw refused("the scheme must be redis or rediss")
        }
        let afterScheme = url[schemeEnd.upperBound...]
        guard !afterScheme.contains(where: { $0 == "?" || $0 == "#" }) else {
            throw refused("must not have a query or fragment (? and # in a password are written %3F and %23)")
        }
        let pathStart = afterScheme.firstIndex(of: "/") ?? afterScheme.endIndex
        let authority = afterScheme[..<pathStart]
        let loginEnd = authority.lastIndex(of: "@")
        let (host, port) = try Self.address(loginEnd.map { authority[authority.index(after: $0)...] } ?? authority, refused)

        self.init(host: host)
        self.port = port ?? 6379
        if encrypted { tls = RedisTLSOptions() }
        if let loginEnd { (user, password) = try Self.login(authority[..<loginEnd], refused) }
        let path = afterScheme[pathStart...].dropFirst()
        if !path.isEmpty {
            guard let number = Self.digits(path, upTo: 1 << 20) else { throw refused("the database must be a number") }
            database = number
        }
    }

    private static func address(
        _ text: Substring, _ refused: (String) -> RedisConfigurationError
    ) throws(RedisConfigurationError) -> (host: String, port: UInt16?) {
        var host = text
        var port: Substring?
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { throw refused("an IPv6 address without its closing bracket") }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { throw refused("unexpected text after the address") }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard !host.isEmpty else { throw refused("no host") }
        guard host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw refused("the host has characters no host has") }
        guard let port else { return (String(host), nil) }
        guard let number = digits(port, upTo: 65_535), number > 0 else {
            throw refused("the port must be a number from 1 to 65535")
        }
        return (String(host), UInt16(number))
    }

    private static func login(
        _ text: Substring, _ refused: (String) -> RedisConfigurationError
    ) throws(RedisConfigurationError) -> (user: String?, password: String?) {
        guard let colon = text.firstIndex(of: ":") else {
            throw refused("a user without a password (a password alone is written redis://:password@host)")
        }
        guard let user = decoded(text[..<colon]), let password = decoded(text[text.index(after: colon)...]) else {
            throw refused("user or password is not percent-encoded UTF-8")
        }
        guard !password.isEmpty else {
            guard user.isEmpty else { throw refused("a user with an empty password") }
            return (nil, nil)
        }
        return (user.isEmpty ? nil : user, password)
    }

    /// Only digits, at most `most`.
    static func digits(_ text: some StringProtocol, upTo most: Int) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(text), number <= most
        else { return nil }
        return number
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
