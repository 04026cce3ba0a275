import Formats
import Glibc

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
        let isWhole = head.withUnsafeBufferPointer { head in
            for index in start..<path.upperBound {
                let byte = head[index]
                if byte == UInt8(ascii: "%") { isEncoded = true }
                guard byte == UInt8(ascii: "/") else { continue }
                guard index > start, segments.count < RoutePath.deepest else { return false }
                segments.append(start..<index)
                start = index + 1
            }
            return true
        }
        guard isWhole, path.upperBound > start, segments.count < RoutePath.deepest else { return .none }
        segments.append(start..<path.upperBound)
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
        return bytes.withUnsafeBytes { bytes in
            literal.withUnsafeBytes { literal in
                guard let one = bytes.baseAddress, let other = literal.baseAddress else { return literal.isEmpty }
                return memcmp(one + range.lowerBound, other, range.count) == 0
            }
        }
    }

    /// What stands where a template has its parameters; nil where that is not UTF-8.
    func parameters(of template: RouteTemplate) -> PathParameters? {
        guard let last = template.parameterPlaces.last else { return PathParameters() }
        var values: [String] = []
        values.reserveCapacity(template.parameterPlaces.count)
        for place in template.parameterPlaces {
            let isRest = template.takesRest && place == last
            let value = isRest ? rest(from: place) : String(validUTF8: bytes.span.extracting(segments[place]))
            guard let value else { return nil }
            values.append(value)
        }
        return PathParameters(names: template.parameterNames, values: values)
    }

    private func rest(from place: Int) -> String? {
        String(
            validating: segments[place...].map { bytes[$0] }.joined(separator: [UInt8(ascii: "/")]), as: UTF8.self)
    }
}
