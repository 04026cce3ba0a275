/// A number of bytes as a setting says it.
enum ByteSize {
    private static let units: [(suffix: String, bytes: Int)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
    ]

    /// Digits and one of `B`, `KiB`, `MiB`, `GiB`; without a unit it is bytes. Nil for anything else.
    static func bytes(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, let count = Int(digits) else { return nil }
        let suffix = text[digits.endIndex...].lowercased()
        guard let unit = units.first(where: { $0.suffix.lowercased() == (suffix.isEmpty ? "b" : suffix) }) else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit.bytes)
        return overflow ? nil : bytes
    }

    /// The number in the largest unit that holds it without remainder; a bare number below 1 KiB.
    static func text(_ bytes: Int) -> String {
        guard bytes != 0, let unit = units.first(where: { bytes % $0.bytes == 0 }), unit.bytes > 1 else { return "\(bytes)" }
        return "\(bytes / unit.bytes)\(unit.suffix)"
    }
}
