import HTTPServer
import HTTPTypes

extension HeaderBlock {
    /// Whether a field of this name is among them.
    package func contains(_ name: HTTPField.Name) -> Bool { range(of: name) != nil }

    /// The first value of a field.
    package subscript(name: HTTPField.Name) -> String? {
        range(of: name).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    /// Where the value of the first field of this name lies. Names are compared without regard to case.
    private func range(of name: HTTPField.Name) -> Range<Int>? {
        let wanted = name.canonicalName.utf8
        var start = 0
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
