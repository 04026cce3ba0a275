import Formats
import FoundationEssentials

/// The name of a request, in its response and in the logs.
package enum RequestID {
    /// The length up to which a client's id is accepted, in bytes.
    package static let longest = 128

    /// The client's own id if it is valid (1–128 letters, digits, `.`, `_`, `-`), otherwise a new UUIDv7.
    ///
    /// Clients' ids let a request be followed through several services. Others than these characters could forge log lines.
    package static func choose(_ sent: ArraySlice<UInt8>?, else source: inout RequestIDSource) -> String {
        guard let sent, isValid(sent) else { return source.next() }
        return String(decoding: sent, as: UTF8.self)
    }

    /// Whether a client's id is accepted.
    package static func isValid(_ id: ArraySlice<UInt8>) -> Bool {
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

/// Makes the ids of one loop's requests: UUIDv7 whose random bits come from a generator of its own.
///
/// An id must be unique and need not be hard to guess. Random numbers from the kernel took half a microsecond, a sixth of a
/// request's time in the application.
package struct RequestIDSource {
    private var state: UInt64

    package init() {
        var system = SystemRandomNumberGenerator()
        state = system.next()
    }

    /// A new id.
    package mutating func next() -> String { UUID.v7(at: .now, random: random()).text }

    /// SplitMix64 (Steele, Lea and Flood, 2014): every 64-bit number once, from a random start.
    private mutating func random() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
