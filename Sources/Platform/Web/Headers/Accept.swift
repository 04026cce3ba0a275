import HTTPServer
import HTTPTypes

/// The media types that a client asks for (RFC 9110 §12.5.1).
package struct Accept {
    private struct Range {
        /// In lower case, as `text/html`, `text/*` or `*/*`.
        let type: String
        /// In thousandths.
        let weight: Int
    }

    private var ranges: [Range] = []

    /// What a request says.
    package init(_ head: RequestHead) {
        for value in head.values(of: .accept) { read(value) }
    }

    /// What one field's value says.
    package init(_ value: String) { read(value) }

    /// Which of the types the client prefers: by weight, then by how exactly it names the type, then the first. Nil where it
    /// takes none of them; one that says nothing takes any.
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

    /// The weight that the most exact range gives a type; nil where none names it.
    private func judge(_ type: String) -> (weight: Int, precision: Int)? {
        let wider = [type, type.prefix { $0 != "/" } + "/*", "*/*"]
        for (place, name) in wider.enumerated() {
            if let range = ranges.first(where: { $0.type == name }) { return (range.weight, wider.count - place) }
        }
        return nil
    }

    /// What cannot be read is passed over.
    private mutating func read(_ value: String) {
        for element in value.split(separator: ",") {
            let parts = element.split(separator: ";", omittingEmptySubsequences: false).map { part in
                part.filter { $0 != " " && $0 != "\t" }.lowercased()
            }
            guard let type = parts.first, type.split(separator: "/").count == 2 else { continue }
            guard let weight = parts.dropFirst().first(where: { $0.hasPrefix("q=") }) else {
                ranges.append(Range(type: type, weight: 1_000))
                continue
            }
            if let weight = AcceptEncoding.weight(Array(weight.utf8)[...]) { ranges.append(Range(type: type, weight: weight)) }
        }
    }
}
