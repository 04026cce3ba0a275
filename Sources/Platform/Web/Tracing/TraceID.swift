import Formats

/// The trace that a request belongs to, for the logs.
package enum TraceID {
    /// The trace id of W3C's `traceparent`, or the Root of AWS's `X-Amzn-Trace-Id`; nil without both.
    package static func find(traceparent: ArraySlice<UInt8>?, amazon: ArraySlice<UInt8>?) -> String? {
        traceparent.flatMap(w3c) ?? amazon.flatMap(root)
    }

    /// The 32 hexadecimal digits of `version-trace-parent-flags` (W3C Trace Context §3.2); nil for values that a
    /// receiver must ignore.
    static func w3c(_ field: ArraySlice<UInt8>) -> String? {
        let bytes = field.prefix(513)
        guard bytes.count >= 55, bytes.count <= 512 else { return nil }
        let parts = bytes.split(separator: UInt8(ascii: "-"), maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].count == 2, parts[1].count == 32, parts[2].count == 16, parts[3].count == 2,
            parts[0...3].allSatisfy({ $0.allSatisfy(isLowerHexadecimal) }),
            !parts[0].elementsEqual("ff".utf8),
            // Version 00 ends with the flags; a later one may go on.
            parts.count == 4 || !parts[0].elementsEqual("00".utf8),
            parts[1].contains(where: { $0 != UInt8(ascii: "0") }), parts[2].contains(where: { $0 != UInt8(ascii: "0") })
        else { return nil }
        return String(decoding: parts[1], as: UTF8.self)
    }

    /// The value of `Root=`: `1-` time `-` random, in hexadecimal digits.
    static func root(_ field: ArraySlice<UInt8>) -> String? {
        guard field.count <= 512 else { return nil }
        for part in field.split(separator: UInt8(ascii: ";")) {
            let part = part.drop { $0 == UInt8(ascii: " ") }
            guard part.starts(with: "Root=".utf8) else { continue }
            let root = part.dropFirst(5)
            guard !root.isEmpty, root.count <= 64,
                root.allSatisfy({ Hexadecimal.value($0) != nil || $0 == UInt8(ascii: "-") })
            else { return nil }
            return String(decoding: root, as: UTF8.self)
        }
        return nil
    }

    private static func isLowerHexadecimal(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x66
    }
}
