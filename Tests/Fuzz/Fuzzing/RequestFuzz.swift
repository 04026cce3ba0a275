import HTTPServer

/// Streams of requests.
struct RequestFuzz: FuzzTarget {
    let name = "request"
    let pieces = [
        "\r\n", "\r\n\r\n", "\n", "\r", " ", "\t", ":", ": ", ",", ";", "=", "\"", "\0", "\u{7F}", "\u{E9}", "%", "%00", "%0d%0a",
        "%0A", "%zz", "#",
        "?", "*", "/", "//", "@", "[::1]", "0", "5", "+5", "-1", "0x5", "1_0", "9223372036854775808", "GET ", "POST ", "HEAD ",
        "OPTIONS ",
        "PRI ", " HTTP/1.1\r\n", " HTTP/1.0\r\n", " HTTP/2.0\r\n", "http://b/", "Host: a\r\n", "Host: a, b\r\n",
        "Content-Length: 5\r\n",
        "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "chunked", "xchunked",
        "Expect: 100-continue\r\n", "Connection: close\r\n", "Connection: keep-alive\r\n", " folded\r\n", "5\r\nhello\r\n",
        "0\r\n\r\n", "X: y\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ].map { Array($0.utf8) }

    private static let narrow = {
        var limits = HTTPLimits()
        (limits.requestLine, limits.header, limits.headers, limits.fields) = (64, 48, 120, 5)
        (limits.body, limits.chunkExtensions) = (32, 16)
        return limits
    }()

    func check(_ input: [UInt8]) throws(FuzzFault) -> Int {
        var choice = Splitter(input)
        let limits = choice.pick(2) == 0 ? HTTPLimits() : Self.narrow
        let whole = try ParsedStream([input[...]], limits: limits)
        let split = try ParsedStream(choice.pieces(input), limits: limits, streams: choice.pick(2) == 0)
        try hold(whole == split, "whole: \(whole), split: \(split)")
        for message in whole.messages {
            try Self.check(message)
            let again = try ParsedStream([message.encoded(&choice)[...]], limits: limits)
            try hold(again.messages == [message] && again.refusal == nil, "written and read again: \(again), was: \(message)")
        }
        var hasher = Hasher()
        hasher.combine(whole.refusal?.reason)
        for message in whole.messages.prefix(3) {
            hasher.combine(message.method)
            hasher.combine(message.names.count)
            hasher.combine(message.body.isEmpty)
            hasher.combine(message.keepsAlive)
            hasher.combine(message.query == nil)
        }
        return hasher.finalize()
    }

    /// What must be true of every accepted request, seen with other eyes than the parser's (RFC 9112 §3, §5, §6).
    private static func check(_ message: ParsedStream.Message) throws(FuzzFault) {
        let head = message.head
        var lines = 0
        for (index, byte) in head.enumerated() where byte < 0x20 || byte == 0x7F {
            if byte == 0x0D {
                try hold(index + 1 < head.count && head[index + 1] == 0x0A, "a CR without LF passed")
            } else if byte == 0x0A {
                lines += 1
                try hold(index > 0 && head[index - 1] == 0x0D, "an LF without CR passed")
            } else {
                try hold(byte == 0x09, "a control character passed")
            }
        }
        try hold(head.suffix(4) == [0x0D, 0x0A, 0x0D, 0x0A], "a head without its end")
        try hold(lines == message.names.count + 2, "lines and fields differ in number")
        let target = head[message.path.lowerBound..<(message.query ?? message.path).upperBound]
        try hold(target.first == 0x2F || target.elementsEqual([0x2A]), "a target that is no path")
        try hold(target.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x23 }, "a character that no target has")
        for part in target.split(separator: 0x25, omittingEmptySubsequences: false).dropFirst() {
            let code = UInt8(String(decoding: part.prefix(2), as: UTF8.self), radix: 16)
            try hold(
                part.count >= 2 && part.first != 0x2B && code.map { ![0, 0x0A, 0x0D].contains($0) } == true,
                "a percent sign that hides")
        }
        let hosts = message.values(of: "host"), lengths = message.values(of: "content-length")
        let codings = message.values(of: "transfer-encoding")
        try hold(hosts.count == 1 || hosts.isEmpty && !message.isHTTP11, "Host is missing or repeated")
        try hold(hosts.allSatisfy { !$0.isEmpty && !$0.contains { " \t,/@?#".utf8.contains($0) } }, "Host is no host")
        try hold(lengths.count + codings.count <= 1, "framed twice")
        if let length = lengths.first {
            try hold(Int(String(decoding: length, as: UTF8.self)) == message.body.count, "the body is not as long as it says")
        } else if codings.isEmpty {
            try hold(message.body.isEmpty, "a body out of nothing")
        }
    }
}

extension ParsedStream.Message {
    /// The request as bytes again: its head as it came, its body in chunks of other sizes where it is chunked.
    func encoded(_ choice: inout Splitter) -> [UInt8] {
        values(of: "transfer-encoding").isEmpty ? head + body : head + ChunkedFuzz.encode(body, &choice, isPlain: true)
    }
}
