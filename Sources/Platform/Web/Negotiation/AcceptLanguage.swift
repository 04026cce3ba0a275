import HTTPServer
import HTTPTypes

/// The languages that a client prefers (RFC 9110 §12.5.4), for choosing one by lookup (RFC 4647 §3.4).
package struct AcceptLanguage {
    private struct Range {
        /// In lower case, as `de` or `de-at`.
        let tag: String
        /// In thousandths.
        let weight: Int
    }

    private var ranges: [Range] = []
    /// How many ranges and bytes are read; browsers send fewer than ten ranges. What follows is ignored.
    private static let mostRanges = 32
    private static let longest = 1_024

    /// Reads the Accept-Language headers of a request.
    package init(_ head: RequestHead) {
        var rest = Self.longest
        for value in head.values(of: .acceptLanguage) {
            // A header that is cut off would end in a part of a range.
            guard value.utf8.count <= rest else { return }
            rest -= value.utf8.count
            read(value)
        }
    }

    /// Reads the value of one Accept-Language header.
    package init(_ value: String) {
        if value.utf8.count <= Self.longest { read(value) }
    }

    /// The language that the client prefers: by weight, then the first. Nil where it names none of them: `*` stands for the
    /// default, which the caller knows.
    /// - Parameter languages: in lower case, as `de`. `de-AT` is also a wish for `de`.
    package func preferred(of languages: [String]) -> String? {
        var best: (language: String, weight: Int)?
        for range in ranges where range.weight > 0 {
            if let best, best.weight >= range.weight { continue }
            guard let language = languages.first(where: { range.tag == $0 || range.tag.hasPrefix($0 + "-") }) else { continue }
            // Refused by a range of its own.
            if range.tag != language, ranges.contains(where: { $0.tag == language && $0.weight == 0 }) { continue }
            best = (language, range.weight)
        }
        return best?.language
    }

    /// Ignores malformed elements.
    private mutating func read(_ value: String) {
        for element in value.split(separator: ",") {
            guard ranges.count < Self.mostRanges else { return }
            let parts = element.split(separator: ";", omittingEmptySubsequences: false).map { part in
                String(part.filter { $0 != " " && $0 != "\t" }).lowercased()
            }
            guard let tag = parts.first, parts.count <= 2, Self.isTag(tag) else { continue }
            guard parts.count == 2 else {
                ranges.append(Range(tag: tag, weight: 1_000))
                continue
            }
            if let weight = AcceptEncoding.weight(Array(parts[1].utf8)[...]) { ranges.append(Range(tag: tag, weight: weight)) }
        }
    }

    /// Letters, then subtags of letters and digits (RFC 4647 §2.1).
    private static func isTag(_ text: String) -> Bool {
        let subtags = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return subtags.enumerated().allSatisfy { place, subtag in
            (1...8).contains(subtag.count)
                && subtag.allSatisfy { (0x61...0x7A).contains($0) || place > 0 && (0x30...0x39).contains($0) }
        }
    }
}
