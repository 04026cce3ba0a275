import Formats

/// A picture as a row says it.
struct ImportImage: Equatable, Sendable {
    let url: String
    let alt: String

    /// Pictures as the JSON array that the database keeps.
    static func json(_ images: [ImportImage]) -> [UInt8] {
        var writer = JSONWriter(capacity: 128)
        writer.beginArray()
        for image in images {
            writer.beginObject()
            writer.field("url", image.url)
            writer.field("alt", image.alt)
            writer.endObject()
        }
        writer.endArray()
        return writer.finish()
    }

    /// The address of a picture that a row names; nil where it can't be one.
    ///
    /// An http or https URL stays. What has no scheme is taken under `base`; a path from the root stays under a base that is
    /// such a path itself, for it is one on the shop's own site already.
    static func address(_ text: String, under base: String) -> String? {
        guard !text.isEmpty, text.utf8.count <= 2_000 else { return nil }
        let lower = text.prefix(8).lowercased()
        if lower.hasPrefix("https://") || lower.hasPrefix("http://") { return encoded(text) }
        guard !hasScheme(text), !text.hasPrefix("//") else { return nil }
        if text.hasPrefix("/") { return base.isEmpty || base.hasPrefix("/") ? encoded(text) : base + encoded(text) }
        return base + "/" + encoded(text)
    }

    /// RFC 3986 §3.1: a letter, then letters, digits, `+`, `-` and `.`, up to a colon.
    private static func hasScheme(_ text: String) -> Bool {
        let scheme = text.utf8.prefix { $0 != UInt8(ascii: ":") }
        guard scheme.count < text.utf8.count, let first = scheme.first else { return false }
        func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
        return isLetter(first)
            && scheme.allSatisfy { byte in
                isLetter(byte) || (0x30...0x39).contains(byte)
                    || [UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains(byte)
            }
    }

    /// With percent signs for what no URL may hold as it is; what is encoded already stays.
    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if byte <= 0x20 || byte >= 0x7F || #""<>\^`{|}"#.utf8.contains(byte) {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(hexadecimal: byte)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
