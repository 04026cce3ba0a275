extension Span<UInt8> {
    /// The first control character (RFC 5234: below 0x20, or 0x7f) other than HTAB in a range that lies within.
    ///
    /// Eight bytes at a time: every byte of every head passes through here.
    func firstControl(in range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while index < range.upperBound {
            if range.upperBound - index >= 8 {
                let word = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
                let ones: UInt64 = 0x0101_0101_0101_0101, tops = ones << 7
                let delete = word ^ (ones &* 0x7f)
                // A borrow can mark a wrong byte only above a right one, so the lowest mark counts.
                let found = ((word &- ones &* 0x20) & ~word | (delete &- ones) & ~delete) & tops
                if found == 0 {
                    index += 8
                    continue
                }
                index += found.trailingZeroBitCount / 8
            }
            let byte = self[index]
            if (byte < 0x20 && byte != .horizontalTab) || byte == 0x7f { return index }
            index += 1
        }
        return nil
    }

    /// The end of the line that continues at `start`, its CRLF included; nil where it has not arrived.
    ///
    /// A line ends in CRLF and nothing else (RFC 9112 §2.2). Recipients that end lines at a bare LF, or take a bare CR for a space,
    /// see other messages in the same bytes.
    /// - Parameters:
    ///   - carried: the bytes of the line that arrived earlier
    ///   - endsInReturn: whether the last of those is a CR
    ///   - limit: the longest line without its CRLF
    ///   - excess: thrown for a longer one
    func endOfLine(
        from start: Int, carried: Int, endsInReturn: Bool, limit: Int, excess: @autoclosure () -> RequestError
    ) throws(RequestError) -> Int? {
        let available = count - start
        var carriageReturn = start - 1
        if !endsInReturn {
            let room = Swift.max(0, limit - carried)
            let window = start + (room < available ? room + 1 : available)
            guard let control = firstControl(in: start..<window) else {
                if window - start > room { throw excess() }
                return nil
            }
            guard self[control] == .carriageReturn else {
                throw .malformed(self[control] == .lineFeed ? "A line ends in LF without CR." : "There is a control character.")
            }
            carriageReturn = control
        }
        guard carriageReturn + 1 < count else { return nil }
        guard self[carriageReturn + 1] == .lineFeed else { throw .malformed("There is a CR without LF.") }
        return carriageReturn + 2
    }

    /// The first place of a byte in a range that lies within.
    func first(_ byte: UInt8, in range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while index < range.upperBound {
            if self[index] == byte { return index }
            index += 1
        }
        return nil
    }

    /// A range without the spaces and tabs at its ends (OWS, RFC 9110 §5.6.3).
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, self[start] == .space || self[start] == .horizontalTab { start += 1 }
        while start < end, self[end - 1] == .space || self[end - 1] == .horizontalTab { end -= 1 }
        return start..<end
    }

    /// Whether a range holds this text in any letter case; `text` is ASCII in lower case.
    func holds(_ text: StaticString, in range: Range<Int>) -> Bool {
        guard text.utf8CodeUnitCount == range.count else { return false }
        let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        var index = range.lowerBound
        for byte in wanted {
            guard self[index].lowercased == byte else { return false }
            index += 1
        }
        return true
    }

    /// Whether a range holds exactly this text.
    func holdsExactly(_ text: StaticString, in range: Range<Int>) -> Bool {
        guard text.utf8CodeUnitCount == range.count else { return false }
        let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        var index = range.lowerBound
        for byte in wanted {
            guard self[index] == byte else { return false }
            index += 1
        }
        return true
    }

    /// Calls `body` with every element of a comma-separated list, without the white space around it. Empty elements too (RFC 9110
    /// §5.6.1).
    func forEachElement(in range: Range<Int>, _ body: (Range<Int>) -> Void) {
        var start = range.lowerBound
        while true {
            let end = first(UInt8(ascii: ","), in: start..<range.upperBound) ?? range.upperBound
            body(trimmed(start..<end))
            guard end < range.upperBound else { return }
            start = end + 1
        }
    }

    /// The bytes of a range that lies within.
    func array(_ range: Range<Int>) -> [UInt8] {
        extracting(range).withUnsafeBufferPointer { Array($0) }
    }
}

extension [UInt8] {
    /// Adds the bytes of a range that lies within `span`.
    mutating func append(_ range: Range<Int>, of span: Span<UInt8>) {
        span.extracting(range).withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}

// MARK: Host and port

extension Span<UInt8> {
    /// Whether a range holds `host [":" port]` as RFC 9112 §3.2 wants it in Host: not empty, no user, no path.
    ///
    /// Narrower than RFC 3986 in one point: no comma. Recipients that join fields would read two hosts.
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

    /// A port up to 65,535. An empty one means the default (RFC 3986 §3.2.3).
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
    /// be an IPv4 address. A zone (RFC 6874) is refused, as it means nothing to another machine, and so is `IPvFuture`, of which
    /// there is none.
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
                // A group follows a single colon.
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

    /// Four numbers up to 255, without leading zeros.
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

// MARK: Characters

extension UInt8 {
    static let horizontalTab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0a
    static let carriageReturn: UInt8 = 0x0d
    static let space: UInt8 = 0x20

    /// `tchar` of RFC 9110 §5.6.2, looked up in a set of 128 bits.
    var isToken: Bool {
        // ! # $ % & ' * + - . 0-9, then A-Z ^ _ ` a-z | ~
        let low: UInt64 = 0x03ff_6cfa_0000_0000
        let high: UInt64 = 0x57ff_ffff_c7ff_fffe
        return self < 64 ? low >> UInt64(self) & 1 == 1 : self < 128 && high >> UInt64(self & 63) & 1 == 1
    }

    var isDigit: Bool { self &- 0x30 < 10 }

    /// The value of a hexadecimal digit.
    var hexadecimal: UInt8? {
        let digit = self &- 0x30
        if digit < 10 { return digit }
        let letter = (self | 0x20) &- 0x61
        return letter < 6 ? letter + 10 : nil
    }

    /// An ASCII letter in lower case; other bytes unchanged.
    var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    /// `unreserved` and `sub-delims` of RFC 3986 §2, without the comma.
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
