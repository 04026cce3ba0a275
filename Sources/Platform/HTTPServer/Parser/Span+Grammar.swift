extension Span<UInt8> {
    /// The first control character (RFC 5234: below 0x20, or 0x7f) other than HTAB in a range that lies within.
    ///
    /// Eight bytes at a time: this is the one look that every byte of every head gets.
    func firstControl(in range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while index < range.upperBound {
            if range.upperBound - index >= 8 {
                let word = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
                let ones: UInt64 = 0x0101_0101_0101_0101, tops = ones << 7
                let delete = word ^ (ones &* 0x7f)
                // A borrow can mark a byte wrongly only above one that is marked rightly; the lowest counts.
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

    /// The first place of a byte in a range that lies within.
    func first(_ byte: UInt8, in range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while index < range.upperBound {
            if self[index] == byte { return index }
            index += 1
        }
        return nil
    }

    /// A range without the spaces and tabs around it (OWS, RFC 9110 §5.6.3).
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, self[start] == .space || self[start] == .horizontalTab { start += 1 }
        while start < end, self[end - 1] == .space || self[end - 1] == .horizontalTab { end -= 1 }
        return start..<end
    }

    /// Whether a range holds this text, letter case aside; `text` is ASCII in lower case.
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

    /// Calls `body` with every element of a comma-separated list, white space around it taken off,
    /// empty elements too (RFC 9110 §5.6.1).
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
