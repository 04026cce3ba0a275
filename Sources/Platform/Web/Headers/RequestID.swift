/// What a request is called, in its answer and in the logs.
package enum RequestID {
    /// The longest one taken from a caller, in bytes.
    package static let longest = 128

    /// The caller's own where it is sane (1–128 of letters, digits, `.`, `_`, `-`), so that a request can be
    /// followed over several services and nothing odd reaches the logs; else a new UUIDv7.
    package static func choose(_ sent: ArraySlice<UInt8>?, else source: inout RequestIDSource) -> String {
        guard let sent, isSane(sent) else { return source.next() }
        return String(decoding: sent, as: UTF8.self)
    }

    /// Whether a caller's id is taken as it is.
    package static func isSane(_ id: ArraySlice<UInt8>) -> Bool {
        !id.isEmpty && id.count <= longest
            && id.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
