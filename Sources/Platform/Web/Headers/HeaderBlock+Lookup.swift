import Glibc
import HTTPServer
import HTTPTypes

extension HeaderBlock {
    /// Whether there is a field of this name.
    package func contains(_ name: HTTPField.Name) -> Bool { range(of: name, from: 0) != nil }

    /// The first value of a field.
    package subscript(name: HTTPField.Name) -> String? {
        range(of: name, from: 0).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    /// Whether the first value of a field begins with `start`; nil without such a field.
    func begins(_ name: HTTPField.Name, with start: StaticString) -> Bool? {
        guard let value = range(of: name, from: 0) else { return nil }
        return start.withUTF8Buffer { bytes[value].starts(with: $0) }
    }

    /// Only the fields of these names, all of each.
    package func keeping(_ names: [HTTPField.Name]) -> HeaderBlock {
        var kept = HeaderBlock()
        kept.reserveCapacity(bytes.count)
        for name in names {
            var start = 0
            while let range = range(of: name, from: start) {
                kept.append(name, bytes[range])
                start = range.upperBound + 2
            }
        }
        return kept
    }

    /// The range of the value of the first field of this name from `start` on. Names are compared without regard to case
    /// (RFC 9110 §5.1).
    private func range(of name: HTTPField.Name, from start: Int) -> Range<Int>? {
        var wanted = name.canonicalName
        return wanted.withUTF8 { wanted in
            bytes.withUnsafeBufferPointer { bytes in
                var start = start
                while start < bytes.count {
                    // A line ends in CR LF, and no value holds a CR.
                    guard let base = bytes.baseAddress, let found = memchr(base + start, 0x0d, bytes.count - start) else {
                        return nil
                    }
                    let end = UnsafeRawPointer(found) - UnsafeRawPointer(base)
                    let value = start + wanted.count + 2
                    if value <= end, bytes[value - 2] == 0x3a, Self.matches(bytes, at: start, wanted) { return value..<end }
                    start = end + 2
                }
                return nil
            }
        }
    }

    private static func matches(
        _ bytes: UnsafeBufferPointer<UInt8>, at start: Int, _ wanted: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        for index in wanted.indices {
            let byte = bytes[start + index]
            guard byte == wanted[index] || byte >= 0x41 && byte <= 0x5a && byte | 0x20 == wanted[index] else { return false }
        }
        return true
    }
}
