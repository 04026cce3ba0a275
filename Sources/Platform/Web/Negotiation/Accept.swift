import HTTPServer
import HTTPTypes

/// The media types that a client accepts (RFC 9110 §12.5.1).
package struct Accept {
    private struct MediaRange {
        /// In lower case, as `text/html`, `text/*` or `*/*`.
        let type: String
        /// In thousandths.
        let weight: Int
    }

    private var ranges: [MediaRange] = []

    /// Reads the Accept headers of a request.
    package init(_ head: RequestHead) {
        for value in head.values(of: .accept) { read(value) }
    }

    /// Reads the value of one Accept header.
    package init(_ value: String) { read(value) }

    /// The type that the client prefers: by weight, then by how exactly it names the type, then the first. Nil where it accepts
    /// none of them. A request without the header accepts all types.
    package func preferred(of types: [String]) -> String? {
        guard !ranges.isEmpty else { return types.first }
        var best: (type: String, weight: Int, precision: Int)?
        for type in types {
            guard let (weight, precision) = judge(type), weight > 0 else { continue }
            if let best, (best.weight, best.precision) >= (weight, precision) { continue }
            best = (type, weight, precision)
        }
        return best?.type
    }

    /// The weight of a type in the most exact range that includes it; nil without such a range.
    private func judge(_ type: String) -> (weight: Int, precision: Int)? {
        let wider = [type, type.prefix { $0 != "/" } + "/*", "*/*"]
        for (place, name) in wider.enumerated() {
            if let range = ranges.first(where: { $0.type == name }) { return (range.weight, wider.count - place) }
        }
        return nil
    }

    /// Ignores malformed elements.
    private mutating func read(_ value: String) {
        for element in value.split(separator: ",") {
            let parts = element.split(separator: ";", omittingEmptySubsequences: false).map { part in
                part.filter { $0 != " " && $0 != "\t" }.lowercased()
            }
            guard let type = parts.first, type.split(separator: "/").count == 2 else { continue }
            guard let weight = parts.dropFirst().first(where: { $0.hasPrefix("q=") }) else {
                ranges.append(MediaRange(type: type, weight: 1_000))
                continue
            }
            if let weight = AcceptEncoding.weight(Array(weight.utf8)[...]) {
                ranges.append(MediaRange(type: type, weight: weight))
            }
        }
    }
}

/// A client's preference between gzip and no content coding (RFC 9110 §12.5.3).
package struct AcceptEncoding: Equatable {
    /// Weights in thousandths; nil where the client does not name the coding.
    private var gzip: Int?
    private var identity: Int?
    private var others: Int?
    private var isMalformed = false

    package init() {}

    /// Reads the Accept-Encoding headers of a request.
    package init(_ head: RequestHead) {
        head.forEach(.acceptEncoding) { read($0) }
    }

    /// Whether the client prefers gzip. A malformed or missing header prefers no coding.
    package var prefersGzip: Bool {
        guard !isMalformed, let gzip = gzip ?? others, gzip > 0 else { return false }
        // No coding is always acceptable, and preferred only with a greater weight.
        return gzip >= identity ?? others ?? 0
    }

    /// Reads the value of one header.
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
        // The first weight of a coding counts.
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
    /// Without spaces and tabs at its ends.
    fileprivate var trimmed: ArraySlice<UInt8> {
        var text = self
        while text.first == 0x20 || text.first == 0x09 { text.removeFirst() }
        while text.last == 0x20 || text.last == 0x09 { text.removeLast() }
        return text
    }

    /// Compares with a lower-case word, without regard to case.
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
