import HTTPServer
import HTTPTypes

/// What a client says about content codings (RFC 9110 §12.5.3), as far as gzip and none at all go.
package struct AcceptEncoding: Equatable {
    /// Weights in thousandths; nil: not named.
    private var gzip: Int?
    private var identity: Int?
    private var others: Int?
    private var isMalformed = false

    package init() {}

    /// What a request says.
    package init(_ head: RequestHead) {
        head.forEach(.acceptEncoding) { read($0) }
    }

    /// Whether to send gzip where there is one. A field that cannot be read asks for nothing; nor does none.
    package var prefersGzip: Bool {
        guard !isMalformed, let gzip = gzip ?? others, gzip > 0 else { return false }
        // No coding is always acceptable, and preferred only by a greater weight.
        return gzip >= identity ?? others ?? 0
    }

    /// Takes in one field's value.
    package mutating func read(_ value: ArraySlice<UInt8>) {
        var start = value.startIndex
        while start <= value.endIndex {
            let end = value[start...].firstIndex(of: UInt8(ascii: ",")) ?? value.endIndex
            element(value[start..<end])
            start = end + 1
        }
    }

    private mutating func element(_ text: ArraySlice<UInt8>) {
        let mark = text.firstIndex(of: UInt8(ascii: ";")) ?? text.endIndex
        let coding = text[..<mark].trimmed
        // An element may be empty (RFC 9110 §5.6.1.2), a weight without a coding may not.
        guard !coding.isEmpty else {
            if mark < text.endIndex { isMalformed = true }
            return
        }
        guard let weight = mark == text.endIndex ? 1_000 : Self.weight(text[(mark + 1)...].trimmed) else {
            isMalformed = true
            return
        }
        // The first word on a coding holds.
        if coding.isWord("gzip") || coding.isWord("x-gzip") {
            gzip = gzip ?? weight
        } else if coding.isWord("identity") {
            identity = identity ?? weight
        } else if coding.isWord("*") {
            others = others ?? weight
        }
    }

    /// `q=0.5`: at most three digits, and none greater than 1 (RFC 9110 §12.4.2).
    static func weight(_ text: ArraySlice<UInt8>) -> Int? {
        guard text.count >= 3, text.count <= 7, text.prefix(2).isWord("q=") else { return nil }
        let number = text.dropFirst(2)
        guard let first = number.first, first == 0x30 || first == 0x31 else { return nil }
        var weight = first == 0x31 ? 1_000 : 0
        guard number.count > 1 else { return weight }
        guard number[number.startIndex + 1] == UInt8(ascii: ".") else { return nil }
        var unit = 100
        for byte in number.dropFirst(2) {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            weight += Int(byte - 0x30) * unit
            unit /= 10
        }
        return weight <= 1_000 ? weight : nil
    }
}

extension ArraySlice<UInt8> {
    /// Without blanks and tabs at its ends.
    fileprivate var trimmed: ArraySlice<UInt8> {
        var text = self
        while text.first == 0x20 || text.first == 0x09 { text.removeFirst() }
        while text.last == 0x20 || text.last == 0x09 { text.removeLast() }
        return text
    }

    /// Compares with a word of small letters, without regard to case.
    fileprivate func isWord(_ word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            guard word.count == count else { return false }
            for (byte, letter) in zip(self, word) {
                guard byte == letter || (byte >= 0x41 && byte <= 0x5a && byte | 0x20 == letter) else { return false }
            }
            return true
        }
    }
}
