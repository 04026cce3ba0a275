/// What is taken for an e-mail address: one @ with something before it and a dotted name behind it, nothing that
/// would need quoting, at most 254 octets (RFC 5321 §4.5.3.1). Whether it exists, only mail tells.
enum EmailAddress {
    /// An address as bounds count it: in lower case, and without what stands behind a plus before the @, which most providers
    /// deliver to the same mailbox (RFC 5233).
    static func normalized(_ address: String) -> String {
        let lower = address.lowercased()
        guard let at = lower.lastIndex(of: "@"), let plus = lower[..<at].firstIndex(of: "+"), plus > lower.startIndex else {
            return lower
        }
        return String(lower[..<plus] + lower[at...])
    }

    static func parse(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.count <= 254, let at = bytes.firstIndex(of: UInt8(ascii: "@")) else { return nil }
        let local = bytes[..<at]
        let domain = bytes[(at + 1)...]
        guard (1...64).contains(local.count), (3...253).contains(domain.count) else { return nil }
        let dot = UInt8(ascii: ".")
        guard !domain.contains(UInt8(ascii: "@")), domain.contains(dot) else { return nil }
        guard (local + domain).allSatisfy({ $0 > 0x20 && $0 != 0x7f && !#""(),:;<>[\]"#.utf8.contains($0) }) else { return nil }
        for part in [local, domain] {
            let labels = part.split(separator: dot, omittingEmptySubsequences: false)
            guard labels.allSatisfy({ !$0.isEmpty }) else { return nil }
        }
        return text
    }
}
