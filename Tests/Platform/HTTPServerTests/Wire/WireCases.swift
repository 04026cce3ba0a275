/// What goes beyond one parsed request: which replies there are, and whether the connection stays (RFC 9112 §6, §9).
enum WireCases {
    /// One request or stream each, which the parser's own tests split at every offset.
    static let messages = refused + accepted + limits
    /// What only a connection shows.
    static let exchanges = bodies + expectations + connections + pipelines + streamed + streaming

    private static let host = "Host: a\r\n"

    private static func post(_ fields: String, _ body: String = "", to path: String = "/echo") -> String {
        "POST \(path) HTTP/1.1\r\n\(host)\(fields)\r\n\(body)"
    }

    private static func get(_ path: String, _ fields: String = "", version: String = "1.1") -> String {
        "GET \(path) HTTP/\(version)\r\n\(host)\(fields)\r\n"
    }

    /// Every refusal of the parser ends the connection.
    private static let refused = MalformedRequests.all.map { WireCase("refused: \($0.name)", $0.text, [$0.status], .closed) }

    /// Every stream that it accepts is answered request by request.
    private static let accepted = AcceptedRequests.all.map { accepted in
        WireCase(
            "accepted: \(accepted.text.debugDescription)", accepted.text, accepted.requests.map { _ in 200 },
            accepted.requests.last?.contains(" close ") == true ? .closed : .kept)
    }

    /// At the limits of a head, and beyond.
    private static let limits = [
        WireCase("a request line of 8,000 bytes", get("/" + text(8_000 - 14)), [200], .kept),
        WireCase("a request line of 16 KiB", get("/" + text((16 << 10) - 14)), [200], .kept),
        WireCase("a request line of a byte more", get("/" + text((16 << 10) - 13)), [414], .closed),
        WireCase("a method without end", text(20_000), [501], .closed),
        WireCase(
            "codings in two fields", post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), [501],
            .closed),
        WireCase("a Host that is no IPv6 address", "GET / HTTP/1.1\r\nHost: [:::::]\r\n\r\n", [400], .closed),
        WireCase(
            "blanks before a chunk extension", post("Transfer-Encoding: chunked\r\n", "1 ;a\r\nx\r\n0\r\n\r\n"), [200], .kept,
            body: "x"),
        WireCase("a request line without end", "GET /" + text(20_000), [414], .closed),
        WireCase("a field of 16 KiB", get("/", "X: \(text((16 << 10) - 3))\r\n"), [200], .kept),
        WireCase("a field of a byte more", get("/", "X: \(text((16 << 10) - 2))\r\n"), [431], .closed),
        WireCase("a field without end", "GET / HTTP/1.1\r\nX: \(text(20_000))", [431], .closed),
        WireCase("fields of more than 64 KiB", get("/", String(repeating: "X: \(text(8_000))\r\n", count: 9)), [431], .closed),
        WireCase("100 fields", get("/", String(repeating: "X: y\r\n", count: 99)), [200], .kept),
        WireCase("101 fields", get("/", String(repeating: "X: y\r\n", count: 100)), [431], .closed),
        WireCase(
            "chunk extensions of 16 KiB", post("Transfer-Encoding: chunked\r\n", "1;\(text(16_383))\r\nx\r\n0\r\n\r\n"), [200],
            .kept, body: "x"),
        WireCase(
            "chunk extensions of a byte more", post("Transfer-Encoding: chunked\r\n", "1;\(text(16_384))\r\nx\r\n0\r\n\r\n"),
            [400], .closed),
    ]

    private static func text(_ count: Int) -> String { String(repeating: "a", count: count) }

    private static let bodies = [
        WireCase("a body of a length", post("Content-Length: 5\r\n", "hello"), [200], .kept, body: "hello"),
        WireCase("a body of no length", post("Content-Length: 0\r\n"), [200], .kept, body: ""),
        WireCase("neither length nor coding", post(""), [200], .kept, body: ""),
        WireCase(
            "chunks", post("Transfer-Encoding: chunked\r\n", "2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\n\r\n"), [200], .kept, body: "hello"),
        WireCase("no chunk but the last", post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), [200], .kept, body: ""),
        WireCase(
            "chunks that look like an end", post("Transfer-Encoding: chunked\r\n", "5\r\n0\r\n\r\n\r\n0\r\n\r\n"), [200], .kept,
            body: "0\r\n\r\n"),
        WireCase(
            "a body that looks like a request", post("Content-Length: 35\r\n", get("/smuggled")), [200], .kept,
            body: get("/smuggled")),
        WireCase("a body on GET", get("/a", "Content-Length: 3\r\n") + "abc", [200], .kept, body: "/a"),
        WireCase(
            "chunks on GET", get("/a", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n", [200], .kept, body: "/a"),
        WireCase("a body on OPTIONS", "OPTIONS /a HTTP/1.1\r\n\(host)Content-Length: 3\r\n\r\nabc", [200], .kept, body: "/a"),
        WireCase(
            "chunks on OPTIONS", "OPTIONS * HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", [200],
            .kept, body: "*"),
        WireCase("a body on DELETE", "DELETE /a HTTP/1.1\r\n\(host)Content-Length: 3\r\n\r\nabc", [200], .kept, body: "/a"),
        WireCase("a body on HEAD", "HEAD /a HTTP/1.1\r\n\(host)Content-Length: 3\r\n\r\nabc", [200], .kept, body: ""),
        WireCase(
            "chunks on HEAD", "HEAD /a HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", [200], .kept,
            body: ""),
        WireCase(
            "a Host in the trailers", post("Transfer-Encoding: chunked\r\n", "0\r\nHost: b\r\n\r\n", to: "/host"), [200], .kept,
            body: "a"),
        WireCase(
            "a length in the trailers", post("Transfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\nContent-Length: 50\r\n\r\n"),
            [200], .kept, body: "a"),
        WireCase(
            "a coding in the trailers",
            post("Transfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"), [200], .kept, body: "a"),
        WireCase("a length longer than the body may be", post("Content-Length: 1048577\r\n"), [413], .closed),
        WireCase("a chunk longer than the body may be", post("Transfer-Encoding: chunked\r\n", "100001\r\n"), [413], .closed),
    ]

    private static let expectations = [
        WireCase(
            "100-continue with its body", post("Expect: 100-continue\r\nContent-Length: 5\r\n", "hello"), [200], .kept,
            body: "hello"),
        WireCase(
            "100-continue with chunks", post("Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\n\r\n"),
            [200], .kept, body: "a"),
        WireCase("100-continue without a body", get("/a", "Expect: 100-continue\r\n"), [200], .kept, body: "/a"),
        WireCase(
            "100-continue and a body too large", post("Expect: 100-continue\r\nContent-Length: 1048577\r\n"), [413], .closed),
        WireCase("another expectation", post("Expect: tea\r\nContent-Length: 5\r\n", "hello"), [417], .closed),
    ]

    /// A body that the responder reads as it comes gets the verdict of one that is gathered first.
    private static let streamed = (bodies + expectations + pipelines + malformedChunks).filter { $0.sent.contains("POST /echo ") }
        .map { wire in
            WireCase(
                "streamed: \(wire.name)", wire.sent.replacing("POST /echo ", with: "POST /stream/echo "), wire.statuses, wire.end,
                body: wire.body)
        }

    private static let malformedChunks = [
        "5\r\nhello\n", "5\nhello\r\n", "5\r\nhelloo\r\n", "5 \r\nhello\r\n", "0x5\r\nhello\r\n",
        "5\r\nhello\r\n0\r\nX :y\r\n\r\n",
        "5\r\nhello\r\n-1\r\n", "5\r\nhello\r\nfffffffffffffffff\r\n",
    ].map {
        WireCase("chunks \($0.debugDescription)", post("Transfer-Encoding: chunked\r\n", $0 + get("/smuggled")), [400], .closed)
    }

    private static let streaming = [
        WireCase(
            "a body given back as it comes", post("Content-Length: 5\r\n", "hello", to: "/stream/back"), [200], .kept,
            body: "hello"),
        WireCase(
            "chunks given back as they come",
            post("Transfer-Encoding: chunked\r\n", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", to: "/stream/back"), [200], .kept,
            body: "hello"),
        WireCase("a reply in chunks", get("/chunks/3"), [200], .kept, body: "0;1;2;"),
        WireCase("a reply in no chunk", get("/chunks/0"), [200], .kept, body: ""),
        WireCase("a reply in chunks to HEAD", "HEAD /chunks/3 HTTP/1.1\r\n\(host)\r\n", [200], .kept, body: ""),
        WireCase(
            "a reply in chunks behind one of them", get("/chunks/2") + get("/chunks/1") + get("/a"), [200, 200, 200], .kept,
            body: "/a"),
        WireCase("a reply without length to HTTP/1.0", get("/chunks/3", version: "1.0"), [200], .closed, body: "0;1;2;"),
        WireCase(
            "the same to one who would stay", get("/chunks/3", "Connection: keep-alive\r\n", version: "1.0"), [200], .closed,
            body: "0;1;2;"),
        WireCase(
            "a body that is not read", post("Content-Length: 40\r\n", get("/smuggled"), to: "/stream/ignore"), [200], .closed,
            body: "ignored"),
        WireCase(
            "another body that is not read", post("Expect: 100-continue\r\nContent-Length: 40\r\n", to: "/stream/ignore"), [200],
            .closed, body: "ignored"),
    ]

    private static let connections = [
        WireCase("Connection: close", get("/a", "Connection: close\r\n"), [200], .closed),
        WireCase("Connection: CLOSE among others", get("/a", "Connection: foo, CLOSE , bar\r\n"), [200], .closed),
        WireCase(
            "close in a second Connection field", get("/a", "Connection: keep-alive\r\nConnection: close\r\n"), [200], .closed),
        WireCase("Connection: closed is no close", get("/a", "Connection: closed\r\n"), [200], .kept),
        WireCase("HTTP/1.0", get("/a", version: "1.0"), [200], .closed),
        WireCase("HTTP/1.0 that stays", get("/a", "Connection: keep-alive\r\n", version: "1.0"), [200], .kept),
        WireCase("HTTP/1.0 of two minds", get("/a", "Connection: keep-alive, close\r\n", version: "1.0"), [200], .closed),
        WireCase(
            "HTTP/1.0 with 100-continue", "POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab", [200],
            .closed, body: "ab"),
        WireCase("a reply that closes", get("/close"), [200], .closed, body: "bye"),
        WireCase(
            "an upgrade to an unknown protocol", get("/a", "Connection: upgrade\r\nUpgrade: h2c\r\n"), [200], .kept, body: "/a"),
        WireCase("204", get("/status/204"), [204], .kept, body: ""),
        WireCase("304", get("/status/304"), [304], .kept, body: ""),
        WireCase("a reply's head of nearly 32 KiB", get("/headers/32000"), [200], .kept),
        WireCase("a reply's head of more", get("/headers/32700") + get("/2"), [500, 200], .kept, body: "/2"),
        WireCase("an error of the responder's", get("/status/500"), [500], .kept, body: "body"),
        WireCase("405 of the responder's", get("/status/405"), [405], .kept, body: "body"),
    ]

    private static let pipelines = [
        WireCase("three in a row", get("/1") + get("/2") + get("/3"), [200, 200, 200], .kept, body: "/3"),
        WireCase(
            "slow ones among quick ones", get("/sleep/2") + get("/2") + get("/yield") + get("/4"), [200, 200, 200, 200], .kept,
            body: "/4"),
        WireCase("valid, then invalid", get("/1") + get("/2", "Bad Name: a\r\n") + get("/smuggled"), [200, 400], .closed),
        WireCase("slow, then invalid", get("/sleep/2") + get("/2", "Bad Name: a\r\n") + get("/smuggled"), [200, 400], .closed),
        WireCase(
            "a body longer than its length", post("Content-Length: 2\r\n", "ab") + "ab" + get("/smuggled"), [200, 501], .closed),
        WireCase(
            "a last chunk twice", post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n") + "0\r\n\r\n" + get("/smuggled"),
            [200, 400], .closed),
        WireCase("valid, then unknown", get("/1") + "BREW / HTTP/1.1\r\n\(host)\r\n" + get("/smuggled"), [200, 501], .closed),
        WireCase(
            "valid, then too large", get("/1") + post("Content-Length: 1048577\r\n") + get("/smuggled"), [200, 413], .closed),
        WireCase(
            "an empty line in between", post("Content-Length: 1\r\n", "a") + "\r\n" + get("/2"), [200, 200], .kept, body: "/2"),
        WireCase("two empty lines in between", get("/1") + "\r\n\r\n" + get("/smuggled"), [200, 400], .closed),
        WireCase("after close, nothing", get("/1", "Connection: close\r\n") + get("/smuggled"), [200], .closed),
        WireCase("after close, nothing wrong either", get("/1", "Connection: close\r\n") + "\0\0", [200], .closed),
        WireCase(
            "length before coding, and a request in the body",
            post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + get("/smuggled")), [400], .closed),
    ]
}
