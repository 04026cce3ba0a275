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

    /// `IPv6address` of RFC 3986 §3.2.2: eight groups of up to four hexadecimal digits, or fewer and one `::`; the last two may
    /// be an IPv4 address. Neither a zone (RFC 6874), which means nothing to another machine, nor `IPvFuture`, of which there
    /// is none.
    private func isIPv6(_ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        var groups = 0
        var hasGap = false
        if isGap(index, in: range) {
            hasGap = true
            index += 2
        }
        while index < range.upperBound {
            let end = endOfGroup(index, in: range)
            if end < range.upperBound, self[end] == UInt8(ascii: ".") {
                groups += 2
                return isIPv4(index..<range.upperBound) && (hasGap ? groups < 8 : groups == 8)
            }
            guard end > index, end - index <= 4 else { return false }
            groups += 1
            index = end
            guard index < range.upperBound else { break }
            if isGap(index, in: range) {
                guard !hasGap else { return false }
                hasGap = true
                index += 2
            } else {
                // A single colon has a group behind it.
                guard self[index] == UInt8(ascii: ":"), index + 1 < range.upperBound else { return false }
                index += 1
            }
        }
        return hasGap ? groups < 8 : groups == 8
    }

    private func isGap(_ index: Int, in range: Range<Int>) -> Bool {
        index + 1 < range.upperBound && self[index] == UInt8(ascii: ":") && self[index + 1] == UInt8(ascii: ":")
    }

    private func endOfGroup(_ start: Int, in range: Range<Int>) -> Int {
        var index = start
        while index < range.upperBound, self[index].hexadecimal != nil { index += 1 }
        return index
    }

    /// Four numbers up to 255, without zeros before them.
    private func isIPv4(_ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        for part in 0..<4 {
            let start = index
            var number = 0
            while index < range.upperBound, index - start < 3, self[index].isDigit {
                number = number * 10 + Int(self[index] - 0x30)
                index += 1
            }
            guard index > start, number <= 255, index - start == 1 || self[start] != UInt8(ascii: "0") else { return false }
            guard part < 3 else { break }
            guard index < range.upperBound, self[index] == UInt8(ascii: ".") else { return false }
            index += 1
        }
        return index == range.upperBound
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
