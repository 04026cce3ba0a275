import FoundationEssentials

extension UUID {
    /// The 16 bytes in network order.
    package var bytes: [UInt8] {
        withUnsafeBytes(of: uuid) { Array($0) }
    }

    /// An identifier from its 16 bytes in network order; nil for any other number of them.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var halves: (high: UInt64, low: UInt64) = (0, 0)
        for (index, byte) in bytes.enumerated() {
            if index < 8 { halves.high = halves.high << 8 | UInt64(byte) } else { halves.low = halves.low << 8 | UInt64(byte) }
        }
        self.init(high: halves.high, low: halves.low)
    }

    /// Reads the 36 characters of RFC 9562 §4, of either case; nil for anything else.
    @inlinable
    package init?(utf8 text: some Collection<UInt8>) {
        guard let id = text.withBytes({ UUID(parsing: $0) }) else { return nil }
        self = id
    }

    @usableFromInline
    init?(parsing text: Span<UInt8>) {
        guard text.count == 36 else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for position in 0..<36 {
            if Self.isHyphen(position) {
                guard text[position] == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Hexadecimal.value(text[position]) else { return nil }
            if position < 19 { high = high << 4 | UInt64(digit) } else { low = low << 4 | UInt64(digit) }
        }
        self.init(high: high, low: low)
    }

    /// Appends the 36 characters in lower case.
    package func appendText(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 36) { text in
            write(to: text)
            bytes.append(contentsOf: text)
        }
    }

    /// Writes the 36 characters to a buffer with room for them.
    private func write(to text: UnsafeMutableBufferPointer<UInt8>) {
        withUnsafeBytes(of: uuid) { raw in
            var place = 0
            for index in 0..<16 {
                if Self.isHyphen(place) {
                    text[place] = UInt8(ascii: "-")
                    place += 1
                }
                text[place] = Hexadecimal.digit(raw[index] >> 4)
                text[place + 1] = Hexadecimal.digit(raw[index])
                place += 2
            }
        }
    }

    private static func isHyphen(_ position: Int) -> Bool {
        position == 8 || position == 13 || position == 18 || position == 23
    }

    /// The 36 characters in lower case, as the API writes identifiers; `uuidString` is upper case.
    package var text: String {
        String(unsafeUninitializedCapacity: 36) { text in
            write(to: text)
            return 36
        }
    }
}
