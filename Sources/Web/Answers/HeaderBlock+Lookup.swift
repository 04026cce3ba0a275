import HTTPServer
import HTTPTypes

extension HeaderBlock {
    /// Whether a field of this name is among them.
    package func contains(_ name: HTTPField.Name) -> Bool { range(of: name, from: 0) != nil }

    /// The first value of a field.
    package subscript(name: HTTPField.Name) -> String? {
        range(of: name, from: 0).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    /// The fields of these names only, all of each.
    package func keeping(_ names: [HTTPField.Name]) -> HeaderBlock {
        var kept = HeaderBlock()
        for name in names {
            var start = 0
            while let range = range(of: name, from: start) {
                kept.append(name, bytes[range])
                start = range.upperBound + 2
            }
        }
        return kept
    }

    /// Where the value of the first field of this name lies, among those from `start` on. Names are compared without
    /// regard to case (RFC 9110 §5.1).
    private func range(of name: HTTPField.Name, from start: Int) -> Range<Int>? {
        let wanted = name.canonicalName.utf8
        var start = start
        while start < bytes.count {
            guard let end = bytes[start...].firstIndex(of: 0x0d) else { return nil }
            let value = start + wanted.count + 2
            if value <= end, bytes[value - 2] == 0x3a, bytes[value - 1] == 0x20,
                zip(bytes[start...], wanted).allSatisfy({ $0 == $1 || $0 >= 0x41 && $0 <= 0x5a && $0 | 0x20 == $1 })
            {
                return value..<end
            }
            start = end + 2
        }
        return nil
    }
}
