/// The pattern of a route's path: `/v1/things/{id}`, `/assets/{path...}`.
///
/// A segment is a literal, a parameter `{name}` for one segment, or, at the end, `{name...}` for all remaining segments, at least
/// one.
package struct RouteTemplate: Sendable, Hashable, CustomStringConvertible {
    enum Segment: Sendable, Hashable {
        case literal([UInt8])
        case parameter
        case rest
    }

    /// The text of the template.
    package let description: String
    let segments: [Segment]
    /// The names of the parameters in their order.
    package let parameterNames: [String]
    /// The segments of the parameters.
    let parameterPlaces: [Int]
    /// Whether the last parameter takes all remaining segments.
    let takesRest: Bool

    /// Nil for an invalid template: without a leading `/`, with an empty segment (`/` alone is valid, a trailing slash is not), with a
    /// repeated name, or with `{name...}` before the end.
    package init?(_ text: String) {
        guard text.first == "/" else { return nil }
        var segments: [Segment] = []
        var names: [String] = []
        let parts = text == "/" ? [] : text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for part in parts {
            guard segments.last != .rest else { return nil }
            guard part.first == "{" else {
                guard !part.isEmpty, !part.contains(where: { "{}%?#".contains($0) }) else { return nil }
                segments.append(.literal(Array(part.utf8)))
                continue
            }
            guard part.last == "}" else { return nil }
            var name = part.dropFirst().dropLast()
            let isRest = name.hasSuffix("...")
            if isRest { name = name.dropLast(3) }
            guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }),
                !names.contains(String(name))
            else { return nil }
            names.append(String(name))
            segments.append(isRest ? .rest : .parameter)
        }
        description = text
        self.segments = segments
        parameterNames = names
        parameterPlaces = segments.indices.filter { if case .literal = segments[$0] { false } else { true } }
        takesRest = segments.last == .rest
    }
}
