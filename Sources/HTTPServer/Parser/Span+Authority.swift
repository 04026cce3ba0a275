extension Span<UInt8> {
    /// Whether a range holds `host [":" port]` as RFC 9112 §3.2 wants it in Host: not empty, no user, no path.
    ///
    /// Narrower than RFC 3986 in one thing: no comma, which would be two hosts to whoever joins fields.
    func isAuthority(_ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        if index < range.upperBound, self[index] == UInt8(ascii: "[") {
            guard let end = first(UInt8(ascii: "]"), in: range), isIPv6(index + 1..<end) else { return false }
            index = end + 1
        } else {
            while index < range.upperBound, self[index] != UInt8(ascii: ":") {
                if self[index] == UInt8(ascii: "%") {
                    guard range.upperBound - index > 2, let high = self[index + 1].hexadecimal,
                        let low = self[index + 2].hexadecimal, high << 4 | low > 0x20, high << 4 | low != 0x7f
                    else { return false }
                    index += 2
                } else if !self[index].isNameCharacter {
                    return false
                }
                index += 1
            }
            guard index > range.lowerBound else { return false }
        }
        guard index < range.upperBound else { return true }
        return self[index] == UInt8(ascii: ":") && isPort(index + 1..<range.upperBound)
    }

    /// Digits, at most 65,535; none at all stand for the default (RFC 3986 §3.2.3).
    private func isPort(_ range: Range<Int>) -> Bool {
        guard range.count <= 5 else { return false }
        var port = 0
        for index in range {
            guard self[index].isDigit else { return false }
            port = port * 10 + Int(self[index] - 0x30)
        }
        return port <= 65_535
    }

    /// Rough: the characters of an address. What it reaches is decided by nobody here.
    private func isIPv6(_ range: Range<Int>) -> Bool {
        guard range.count >= 2 else { return false }
        var colons = 0
        for index in range {
            let byte = self[index]
            if byte == UInt8(ascii: ":") { colons += 1 }
            guard byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".") || byte.hexadecimal != nil else { return false }
        }
        return colons >= 2
    }
}

extension UInt8 {
    /// `unreserved` and `sub-delims` of RFC 3986 §2 but the comma.
    fileprivate var isNameCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"),
            UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ";"),
            UInt8(ascii: "="):
            true
        default: false
        }
    }
}
