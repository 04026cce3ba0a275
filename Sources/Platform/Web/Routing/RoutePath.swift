import Formats
import Glibc

/// A request's path, split at its slashes and percent-decoded.
struct RoutePath {
    enum ReadResult { case valid, unmatched, malformed }

    /// Paths with more segments match no template.
    static let deepest = 64

    private var bytes: [UInt8] = []
    /// The ranges of the segments in ``bytes``.
    private var segments: [Range<Int>] = []

    var count: Int { segments.count }

    /// Splits a path. Only a percent-encoded one is copied, and the memory of the last path is reused.
    ///
    /// - Returns: `unmatched` where no template can match: without a leading slash, with an empty segment (as after a trailing slash),
    ///   or too deep. `malformed` where it is not percent-encoded UTF-8.
    mutating func read(_ head: [UInt8], _ path: Range<Int>) -> ReadResult {
        segments.removeAll(keepingCapacity: true)
        guard path.upperBound <= head.count, let first = path.first, head[first] == UInt8(ascii: "/") else {
            return .unmatched
        }
        if path.count == 1 { return .valid }
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
        guard isWhole, path.upperBound > start, segments.count < RoutePath.deepest else { return .unmatched }
        segments.append(start..<path.upperBound)
        bytes = head
        return !isEncoded || decode() ? .valid : .malformed
    }

    /// Releases the request's bytes.
    mutating func clear() { bytes = [] }

    /// Decodes each segment by itself, once: an encoded slash is data.
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

    /// The values of a template's parameters; nil where one is not UTF-8.
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
