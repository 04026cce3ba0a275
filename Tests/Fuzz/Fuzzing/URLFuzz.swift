import Formats

/// Path segments, queries and base64url texts.
struct URLFuzz: FuzzTarget {
    let name = "url"
    let pieces = [
        "%", "%00", "%0D", "%0a", "%2F", "%25", "%zz", "%4", "%c3%a9", "%C3", "%ff", "%ED%A0%80", "%F0%9F%A5%AD", "+", "&", "&&",
        "=", "==", "a=b", "a=b&",
        "limit=3", "\u{E9}", "\0", "/", "..", "-", "_", "AA", "AQ", "A", "~", ";", "\u{1F96D}",
    ].map { Array($0.utf8) }

    func check(_ input: [UInt8]) throws(FuzzFault) -> Int {
        var hasher = Hasher()
        for plusIsSpace in [false, true] {
            guard let text = PercentEncoding.decode(input, plusIsSpace: plusIsSpace) else { continue }
            hasher.combine(plusIsSpace)
            try hold(text.utf8.count <= input.count, "decoding made it longer")
            try hold(!text.utf8.contains { $0 == 0 || $0 == 0x0D || $0 == 0x0A }, "a character that is refused passed")
            try Self.same(PercentEncoding.decode(PercentEncoding.encode(text).utf8, plusIsSpace: plusIsSpace), text)
        }
        if let query = QueryParameters(input) {
            hasher.combine(query.parameters.count)
            try hold(query.parameters.count <= QueryParameters.maximumCount, "too many parameters")
            let encoded = query.parameters.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
            let again = QueryParameters(encoded.joined(separator: "&"))
            try hold(again == query, "a query is another one when written and read again")
            for parameter in query.parameters { try hold(query.first(parameter.name) != nil, "a parameter is not found") }
        }
        if let bytes = Base64URL.decode(input) {
            hasher.combine(bytes.count)
            try hold(Base64URL.encode(bytes).utf8.elementsEqual(input), "two texts of the same bytes")
        }
        try hold(Base64URL.decode(Base64URL.encode(input)) == input, "base64url is not read as written")
        return hasher.finalize()
    }

    private static func same(_ left: String?, _ right: String) throws(FuzzFault) {
        // Byte by byte: Swift's own equality lets spellings of one accented letter pass for each other.
        try hold(left?.utf8.elementsEqual(right.utf8) == true, "percent-encoding is not read as written")
    }
}
