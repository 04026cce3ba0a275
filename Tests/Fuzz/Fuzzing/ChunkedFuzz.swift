import HTTPServer

/// Chunked bodies, behind a head that is right.
struct ChunkedFuzz: FuzzTarget {
    let name = "chunked"
    let pieces = [
        "\r\n", "\n", "\r", "0\r\n\r\n", "0\r\n", "1\r\na\r\n", "5\r\nhello\r\n", "A\r\n0123456789\r\n", "000", ";a", ";a=b",
        ";a=\"b\"", "; a = b", "\"", "\\\"",
        "0x", "+", "-", "_", " ", "\t", "g", "ffffffffffffffff", "7fffffffffffff", "00000000000000005", "X: y\r\n",
        "Content-Length: 5\r\n", "Host: b\r\n",
        " folded\r\n", "\0", "\u{7F}", "GET /x HTTP/1.1\r\nHost: a\r\n\r\n",
    ].map { Array($0.utf8) }

    private static let head = Array("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
    private static let after = Array("GET /after HTTP/1.1\r\nHost: a\r\n\r\n".utf8)

    func check(_ input: [UInt8]) throws(FuzzFault) -> Int {
        var choice = Splitter(input)
        let stream = Self.head + input
        let whole = try ParsedStream([stream[...]], limits: HTTPLimits())
        let split = try ParsedStream(choice.pieces(stream), limits: HTTPLimits(), streams: choice.pick(2) == 0)
        try hold(whole == split, "whole: \(whole), split: \(split)")
        if let first = whole.messages.first {
            try hold(Self.decode(input) == first.body, "another body than a plain reading gives")
        }
        // Any bytes at all, as chunks, come out as they went in, and what follows is the next request.
        let encoded = Self.head + Self.encode(input, &choice, isPlain: choice.pick(2) == 0) + Self.after
        let decoded = try ParsedStream(choice.pieces(encoded), limits: HTTPLimits())
        try hold(
            decoded.refusal == nil && decoded.messages.count == 2 && decoded.messages[0].body == input
                && decoded.messages[1].head == Self.after, "written as chunks and read again: \(decoded)")
        var hasher = Hasher()
        hasher.combine(whole.refusal?.reason)
        hasher.combine(whole.messages.count)
        hasher.combine(min(whole.messages.first?.body.count ?? -1, 64))
        return hasher.finalize()
    }

    /// Bytes as chunks of any sizes; unless plain, with zeros before sizes, extensions and trailers.
    static func encode(_ body: [UInt8], _ choice: inout Splitter, isPlain: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        var start = 0
        var extensions = 0
        func line(_ size: Int) -> String {
            var text = String(size, radix: 16, uppercase: choice.pick(2) == 0)
            guard !isPlain else { return text + "\r\n" }
            text = String(repeating: "0", count: choice.pick(4)) + text
            // Few enough for the limit on all of them.
            if extensions < 100, choice.pick(4) == 0 {
                text += [";a", ";a=b", "; a = \"b;\\\"\tc\"", ";a;b=\"\""][choice.pick(4)]
                extensions += 1
            }
            return text + "\r\n"
        }
        while start < body.count {
            let end = min(body.count, start + 1 + choice.pick(body.count))
            bytes += line(end - start).utf8
            bytes += body[start..<end]
            bytes += "\r\n".utf8
            start = end
        }
        bytes += line(0).utf8
        if !isPlain, choice.pick(2) == 0 { bytes += "Content-Length: 7\r\nX: y\r\n".utf8 }
        return bytes + "\r\n".utf8
    }

    /// The body by the plainest reading of RFC 9112 §7.1; nil where it has no end.
    private static func decode(_ input: [UInt8]) -> [UInt8]? {
        var body: [UInt8] = []
        var rest = input[...]
        func line() -> ArraySlice<UInt8>? {
            guard let end = rest.indices.dropLast().first(where: { rest[$0] == 0x0D && rest[$0 + 1] == 0x0A }) else { return nil }
            defer { rest = rest[(end + 2)...] }
            return rest[..<end]
        }
        while let size = line() {
            guard let count = Int(String(decoding: size.prefix { $0 != 0x3B }, as: UTF8.self), radix: 16) else { return nil }
            if count == 0 {
                while let trailer = line() { if trailer.isEmpty { return body } }
                return nil
            }
            guard rest.count >= count + 2 else { return nil }
            body += rest.prefix(count)
            rest = rest.dropFirst(count)
            guard line()?.isEmpty == true else { return nil }
        }
        return nil
    }
}
