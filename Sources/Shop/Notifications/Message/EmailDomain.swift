/// The domain of an address in the ASCII form that mail servers know (IDNA2008, RFC 5891).
enum EmailDomain {
    /// The address with the labels of its domain in ASCII. The part before the @ stays: in other letters than ASCII it needs servers
    /// with SMTPUTF8 (RFC 6531).
    static func ascii(_ address: String) -> String {
        guard let at = address.unicodeScalars.lastIndex(of: "@") else { return address }
        let scalars = address.unicodeScalars
        let labels = scalars[scalars.index(after: at)...].split(separator: ".", omittingEmptySubsequences: false)
        let domain = labels.map { label in
            label.allSatisfy(\.isASCII)
                ? String(label) : "xn--" + Punycode.encode(String(label).lowercased().unicodeScalars.map(\.value))
        }
        return String(scalars[...at]) + domain.joined(separator: ".")
    }
}

/// A label of a domain in ASCII (RFC 3492).
enum Punycode {
    // RFC 3492 §5.
    private static let base: UInt32 = 36
    private static let leastThreshold: UInt32 = 1
    private static let greatestThreshold: UInt32 = 26
    private static let skew: UInt32 = 38
    private static let damp: UInt32 = 700

    /// Encodes a label of at most 255 scalars, without the prefix `xn--` (RFC 3492 §6.3). A longer one is cut off.
    static func encode(_ label: [UInt32]) -> String {
        // With this bound no product below overflows.
        let label = Array(label.prefix(255))
        var output = label.filter { $0 < 0x80 }.map { UInt8(truncatingIfNeeded: $0) }
        let basic = UInt32(output.count)
        if basic > 0 { output.append(UInt8(ascii: "-")) }
        var (code, delta, bias, handled) = (UInt32(0x80), UInt32(0), UInt32(72), basic)
        while handled < UInt32(label.count), let next = label.filter({ $0 >= code }).min() {
            delta += (next - code) * (handled + 1)
            code = next
            for scalar in label {
                if scalar < code { delta += 1 }
                guard scalar == code else { continue }
                var rest = delta
                var place = base
                while true {
                    let threshold =
                        place <= bias + leastThreshold ? leastThreshold : min(place - bias, greatestThreshold)
                    guard rest >= threshold else { break }
                    output.append(digit(threshold + (rest - threshold) % (base - threshold)))
                    rest = (rest - threshold) / (base - threshold)
                    place += base
                }
                output.append(digit(rest))
                bias = adapted(delta, handled + 1, isFirst: handled == basic)
                delta = 0
                handled += 1
            }
            delta += 1
            code += 1
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func digit(_ value: UInt32) -> UInt8 {
        UInt8(truncatingIfNeeded: value < 26 ? value + 0x61 : value - 26 + 0x30)
    }

    /// RFC 3492 §6.1.
    private static func adapted(_ delta: UInt32, _ count: UInt32, isFirst: Bool) -> UInt32 {
        var delta = isFirst ? delta / damp : delta / 2
        delta += delta / count
        var steps: UInt32 = 0
        while delta > (base - leastThreshold) * greatestThreshold / 2 {
            delta /= base - leastThreshold
            steps += base
        }
        return steps + (base - leastThreshold + 1) * delta / (delta + skew)
    }
}
