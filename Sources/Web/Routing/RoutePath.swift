import Formats

/// A request's path cut at its slashes, percent-decoded.
struct RoutePath {
    enum Verdict { case whole, none, malformed }

    /// More segments than this fit no template.
    static let deepest = 64

    private var bytes: [UInt8] = []
    /// Where the segments lie in ``bytes``.
    private var segments: [Range<Int>] = []

    var count: Int { segments.count }

    /// Takes a path apart without copying it, unless it is percent-encoded; the room of the last one is used again.
    ///
    /// - Returns: `none` where no template can fit: no leading slash, an empty segment (so a trailing slash too), too
    ///   deep. `malformed` where it is not percent-encoded UTF-8.
    mutating func read(_ head: [UInt8], _ path: Range<Int>) -> Verdict {
        segments.removeAll(keepingCapacity: true)
        guard path.upperBound <= head.count, let first = path.first, head[first] == UInt8(ascii: "/") else {
            return .none
        }
        if path.count == 1 { return .whole }
        var isEncoded = false
        var start = first + 1
        for index in start...path.upperBound {
            guard index == path.upperBound || head[index] == UInt8(ascii: "/") else {
                if head[index] == UInt8(ascii: "%") { isEncoded = true }
                continue
            }
            guard index > start, segments.count < RoutePath.deepest else { return .none }
            segments.append(start..<index)
            start = index + 1
        }
        bytes = head
        return !isEncoded || decode() ? .whole : .malformed
    }

    /// Lets go of the request's bytes.
    mutating func clear() { bytes = [] }

    /// Each segment by itself, once: an encoded slash is data.
    private mutating func decode() -> Bool {
        var decoded: [UInt8] = []
        for index in segments.indices {
            guard let text = PercentEncoding.decode(bytes[segments[index]]) else { return false }
            let start = decoded.count
            decoded.append(contentsOf: text.utf8)
            segments[index] = start..<decoded.count
        }
        bytes = decoded
        return true
    }

    func segment(_ index: Int, equals literal: [UInt8]) -> Bool {
        let range = segments[index]
        guard range.count == literal.count else { return false }
        for (place, byte) in zip(range, literal) where bytes[place] != byte { return false }
        return true
    }

    /// What stands where a template has its parameters; nil where that is not UTF-8.
    func parameters(of template: RouteTemplate) -> PathParameters? {
        guard !template.parameterNames.isEmpty else { return PathParameters() }
        var values: [String] = []
        values.reserveCapacity(template.parameterNames.count)
        for (index, segment) in template.segments.enumerated() {
            switch segment {
            case .literal: continue
            case .parameter:
                guard let value = String(validating: bytes[segments[index]], as: UTF8.self) else { return nil }
                values.append(value)
            case .rest:
                let rest = segments[index...].map { bytes[$0] }.joined(separator: [UInt8(ascii: "/")])
                guard let value = String(validating: rest, as: UTF8.self) else { return nil }
                values.append(value)
            }
        }
        return PathParameters(names: template.parameterNames, values: values)
    }
}
