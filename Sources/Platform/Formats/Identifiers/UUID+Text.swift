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

    /// Writes the 36 characters into a buffer that has room for them.
    private func write(to text: UnsafeMutableBufferPointer<UInt8>) {
        let text = UnsafeMutableRawBufferPointer(text)
        let hyphen = UInt8(ascii: "-")
        let words = withUnsafeBytes(of: uuid) { raw in
            let digits = { Self.digits(UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: $0, as: UInt32.self))) }
            return (digits(0), digits(4), digits(8), digits(12))
        }
        text.storeBytes(of: words.0.bigEndian, as: UInt64.self)
        text.storeBytes(of: hyphen, toByteOffset: 8, as: UInt8.self)
        text.storeBytes(of: UInt32(truncatingIfNeeded: words.1 >> 32).bigEndian, toByteOffset: 9, as: UInt32.self)
        text.storeBytes(of: hyphen, toByteOffset: 13, as: UInt8.self)
        text.storeBytes(of: UInt32(truncatingIfNeeded: words.1).bigEndian, toByteOffset: 14, as: UInt32.self)
        text.storeBytes(of: hyphen, toByteOffset: 18, as: UInt8.self)
        text.storeBytes(of: UInt32(truncatingIfNeeded: words.2 >> 32).bigEndian, toByteOffset: 19, as: UInt32.self)
        text.storeBytes(of: hyphen, toByteOffset: 23, as: UInt8.self)
        text.storeBytes(of: UInt32(truncatingIfNeeded: words.2).bigEndian, toByteOffset: 24, as: UInt32.self)
        text.storeBytes(of: words.3.bigEndian, toByteOffset: 28, as: UInt64.self)
    }

    /// The eight hexadecimal digits of a number, the first one highest. Each nibble goes into its own byte, then all become digits at once.
    private static func digits(_ number: UInt32) -> UInt64 {
        var nibbles = UInt64(number)
        nibbles = (nibbles & 0xffff_0000) << 16 | nibbles & 0xffff
        nibbles = nibbles << 8 & 0x00ff_0000_00ff_0000 | nibbles & 0x0000_00ff_0000_00ff
        nibbles = nibbles << 4 & 0x0f00_0f00_0f00_0f00 | nibbles & 0x000f_000f_000f_000f
        // 1 in each byte that becomes a letter.
        let letters = (nibbles + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return nibbles + 0x3030_3030_3030_3030 + letters * UInt64(UInt8(ascii: "a") - 10 - 0x30)
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
