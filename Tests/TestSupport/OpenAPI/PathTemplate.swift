/// The path of a call in an API document: `/v1/carts/{id}/items/{sku}`.
struct PathTemplate {
    private enum Segment {
        case literal(Substring)
        case parameter
        /// All segments from here on, at least one.
        case rest
    }

    private let segments: [Segment]

    /// - Parameter multiSegment: the names of parameters that take several segments.
    init(_ text: String, multiSegment: [String]) {
        segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
            guard part.hasPrefix("{"), part.hasSuffix("}") else { return .literal(part) }
            return multiSegment.contains(String(part.dropFirst().dropLast())) ? .rest : .parameter
        }
    }

    func matches(_ path: some StringProtocol) -> Bool {
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            guard index < parts.count else { return false }
            switch segment {
            case .rest, .parameter: if parts[index].isEmpty { return false }
            case .literal(let text): if text != parts[index] { return false }
            }
            if case .rest = segment { return true }
        }
        return parts.count == segments.count
    }

    /// Whether it has a literal where the other has none, at the first place where they differ.
    func isMoreLiteral(than other: PathTemplate) -> Bool {
        for (mine, others) in zip(segments, other.segments) {
            switch (mine, others) {
            case (.literal, .parameter), (.literal, .rest), (.parameter, .rest): return true
            case (.parameter, .literal), (.rest, .literal), (.rest, .parameter): return false
            default: continue
            }
        }
        return false
    }
}
