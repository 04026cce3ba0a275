/// Requests that must be refused, each with the statuses that are right for it.
enum MalformedRequests {
    static let host = "Host: example.com\r\n"

    /// Texts are Latin-1 where a byte above 0x7f is meant: `Unicode.Scalar` to byte, one to one.
    static let all: [(name: String, text: String, status: Int)] = requestLines + targets + hosts + fields + framing + chunks

    private static let requestLines: [(String, String, Int)] = [
        ("HTTP/0.9 without version", "GET /\r\n", 400),
        ("HTTP/0.9", "GET / HTTP/0.9\r\n\(host)\r\n", 400),
        ("lower case version", "GET / http/1.1\r\n\(host)\r\n", 400),
        ("version with zeros", "GET / HTTP/01.01\r\n\(host)\r\n", 400),
        ("version without minor", "GET / HTTP/1\r\n\(host)\r\n", 400),
        ("version with a long minor", "GET / HTTP/1.10\r\n\(host)\r\n", 400),
        ("version with a blank", "GET / HTTP/ 1.1\r\n\(host)\r\n", 400),
        ("version followed by a space", "GET / HTTP/1.1 \r\n\(host)\r\n", 400),
        ("version missing after a space", "GET / \r\n\(host)\r\n", 400),
        ("another name", "GET / HTP/1.1\r\n\(host)\r\n", 400),
        ("version 9.9", "GET / HTTP/9.9\r\n\(host)\r\n", 505),
        ("version 2.0", "GET / HTTP/2.0\r\n\(host)\r\n", 505),
        ("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("version with more behind", "GET / HTTP/1.1x\r\n\(host)\r\n", 400),
        ("version with a long major", "GET / HTTP/11.1\r\n\(host)\r\n", 400),
        ("version with a sign", "GET / HTTP/+1.1\r\n\(host)\r\n", 400),
        ("version with a comma", "GET / HTTP/1,1\r\n\(host)\r\n", 400),
        ("version with a letter", "GET / HTTP/1.a\r\n\(host)\r\n", 400),
        ("mixed case version", "GET / HTtP/1.1\r\n\(host)\r\n", 400),
        ("a version of HTTPS", "GET / HTTPS/1.1\r\n\(host)\r\n", 400),
        ("a no-break space for a space", "GET\u{a0}/ HTTP/1.1\r\n\(host)\r\n", 400),
        ("a vertical tab for a space", "GET\u{b}/ HTTP/1.1\r\n\(host)\r\n", 400),
        ("a form feed for a space", "GET /\u{c}HTTP/1.1\r\n\(host)\r\n", 400),
        ("a byte order mark", "\u{ef}\u{bb}\u{bf}GET / HTTP/1.1\r\n\(host)\r\n", 400),
        ("a NUL in front", "\0GET / HTTP/1.1\r\n\(host)\r\n", 400),
        ("a quoted method", "\"GET\" / HTTP/1.1\r\n\(host)\r\n", 400),
        ("a blank line of a space", " \r\nGET / HTTP/1.1\r\n\(host)\r\n", 400),
        ("two spaces after the method", "GET  / HTTP/1.1\r\n\(host)\r\n", 400),
        ("two spaces after the target", "GET /  HTTP/1.1\r\n\(host)\r\n", 400),
        ("tabs for spaces", "GET\t/\tHTTP/1.1\r\n\(host)\r\n", 400),
        ("a leading space", " GET / HTTP/1.1\r\n\(host)\r\n", 400),
        ("a method that is no token", "G@T / HTTP/1.1\r\n\(host)\r\n", 400),
        ("no method", "/ HTTP/1.1\r\n\(host)\r\n", 400),
        ("lower case method", "get / HTTP/1.1\r\n\(host)\r\n", 501),
        ("unknown method", "BREW / HTTP/1.1\r\n\(host)\r\n", 501),
        ("CONNECT", "CONNECT example.com:443 HTTP/1.1\r\n\(host)\r\n", 501),
        ("TRACE in small letters", "trace / HTTP/1.1\r\n\(host)\r\n", 501),
        ("two empty lines before", "\r\n\r\nGET / HTTP/1.1\r\n\(host)\r\n", 400),
        ("a bare LF before", "\nGET / HTTP/1.1\r\n\(host)\r\n", 400),
        ("a bare LF after the request line", "GET / HTTP/1.1\n\(host)\r\n", 400),
        ("a bare CR after the request line", "GET / HTTP/1.1\r\(host)\r\n", 400),
        ("a bare CR in the target", "GET /\r/ HTTP/1.1\r\n\(host)\r\n", 400),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0", 400),
    ]

    private static let targets: [(String, String, Int)] = [
        ("a star with GET", "GET * HTTP/1.1\r\n\(host)\r\n", 400),
        ("a star and more", "OPTIONS */x HTTP/1.1\r\n\(host)\r\n", 400),
        ("a relative path", "GET a HTTP/1.1\r\n\(host)\r\n", 400),
        ("authority form", "GET example.com:80 HTTP/1.1\r\n\(host)\r\n", 400),
        ("another scheme", "GET ftp://example.com/ HTTP/1.1\r\n\(host)\r\n", 400),
        ("absolute form without host", "GET http:/// HTTP/1.1\r\n\(host)\r\n", 400),
        ("absolute form with a user", "GET http://u:p@example.com/ HTTP/1.1\r\n\(host)\r\n", 400),
        ("absolute form and no Host", "GET http://example.com/ HTTP/1.1\r\n\r\n", 400),
        ("absolute form with a bad port", "GET http://example.com:x/ HTTP/1.1\r\n\(host)\r\n", 400),
        ("absolute form with two hosts", "GET http://a,b/ HTTP/1.1\r\n\(host)\r\n", 400),
        ("absolute form with a port too great", "GET http://a:65536/ HTTP/1.1\r\n\(host)\r\n", 400),
        ("absolute form with one slash", "GET http:/a/ HTTP/1.1\r\n\(host)\r\n", 400),
        ("absolute form with a fragment", "GET http://a/#b HTTP/1.1\r\n\(host)\r\n", 400),
        ("a question mark alone", "GET ?a HTTP/1.1\r\n\(host)\r\n", 400),
        ("a percent sign and a u", "GET /%u0041 HTTP/1.1\r\n\(host)\r\n", 400),
        ("a sign for a hexadecimal digit", "GET /%+1 HTTP/1.1\r\n\(host)\r\n", 400),
        ("an encoded NUL in the query", "GET /?a=%00 HTTP/1.1\r\n\(host)\r\n", 400),
        ("raw UTF-8", "GET /\u{c3}\u{a9} HTTP/1.1\r\n\(host)\r\n", 400),
        ("a byte of 0xff", "GET /\u{ff} HTTP/1.1\r\n\(host)\r\n", 400),
        ("raw UTF-8 in the query", "GET /?q=\u{c3}\u{a9} HTTP/1.1\r\n\(host)\r\n", 400),
        ("NUL", "GET /\0 HTTP/1.1\r\n\(host)\r\n", 400),
        ("DEL", "GET /\u{7f} HTTP/1.1\r\n\(host)\r\n", 400),
        ("a tab", "GET /\t HTTP/1.1\r\n\(host)\r\n", 400),
        ("a space", "GET /a b HTTP/1.1\r\n\(host)\r\n", 400),
        ("a fragment", "GET /a#b HTTP/1.1\r\n\(host)\r\n", 400),
        ("a fragment after the query", "GET /a?b#c HTTP/1.1\r\n\(host)\r\n", 400),
        ("an encoded NUL", "GET /%00 HTTP/1.1\r\n\(host)\r\n", 400),
        ("an encoded CRLF", "GET /%0d%0a HTTP/1.1\r\n\(host)\r\n", 400),
        ("an encoded CR in upper case", "GET /a%0D HTTP/1.1\r\n\(host)\r\n", 400),
        ("an encoded LF in the query", "GET /?a=%0A HTTP/1.1\r\n\(host)\r\n", 400),
        ("no hexadecimal digits", "GET /%zz HTTP/1.1\r\n\(host)\r\n", 400),
        ("one hexadecimal digit", "GET /%4 HTTP/1.1\r\n\(host)\r\n", 400),
        ("a percent sign at the end", "GET /% HTTP/1.1\r\n\(host)\r\n", 400),
        ("a percent sign in front of a question mark", "GET /%?a HTTP/1.1\r\n\(host)\r\n", 400),
    ]

    private static let hosts: [(String, String, Int)] =
        [
            ("no Host", "GET / HTTP/1.1\r\n\r\n", 400),
            ("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
            ("two Hosts alike", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400),
            ("two Hosts on 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ]
        + [
            "", ",", "a:65536", "a:80x", "a:+80", "a:\u{660}", "[::1]:x", "[::1]:65536", "a\tb", "a@", "@a", "a%20b", "a:80,b:80",
            "a, b", "a,b", "user@a", "user:password@a", "a/", "a/b", "http://a", "a b", "a:b", "a:80:80", "a:99999",
            "[:::::]", "[:]", "[:::]", "[::1::]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1:2:3:4:5:6:7:8::]", "[12345::]",
            "[::1:]", "[:1::]",
            "[1.2.3.4]", "[::1.2.3]", "[::1.2.3.4.5]", "[::256.1.1.1]", "[::01.1.1.1]", "[::1.2.3.4:1]", "[::.]",
            "[1:2:3:4:5:6:7:1.2.3.4]", "[::a.1.1.1]",
            "[fe80::1%25eth0]", "[fe80::1%eth0]", "[v1.a]", "[v1.::1]", "[::1]]", "[[::1]]", "[::1 ]",
            "a:-1", ":80", "[::1", "::1]", "[]", "[g::1]", "[::1]x", "a#", "a?b", "a\\b", "a%", "a%zz", "a%00", "a%0a", "<a>",
            "a\u{e9}", "a\"b",
        ].flatMap { value in
            [
                ("Host \(value)", "GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n", 400),
                ("Host \(value) on 1.0", "GET / HTTP/1.0\r\nHost: \(value)\r\n\r\n", 400),
            ]
        }

    private static let fields: [(String, String, Int)] =
        [
            "Folded: a\r\n b\r\n", "Folded: a\r\n\tb\r\n", "Blank : a\r\n", "Tab\t: a\r\n", " First: a\r\n", "\tFirst: a\r\n",
            "NoColon\r\n", ": a\r\n", "Na me: a\r\n", "Na\0me: a\r\n", "Na(me): a\r\n", "Na\u{e9}me: a\r\n", "Name: a\0b\r\n",
            "Name: a\u{1}b\r\n", "Name: a\u{b}b\r\n", "Name: a\u{7f}b\r\n", "Name: a\u{1b}b\r\n", "Name: a\rb\r\n",
            "Name: a\nb\r\n", "Name: a\r\r\n", "Name: a\n", "Name: a\r", "Name\r\n: a\r\n", "\"Name\": a\r\n", "Name;: a\r\n",
            " \r\n", "\t\r\n", ":\r\n", "Content-Length : 0\r\n", "Content-Length\0: 0\r\n", "Transfer-Encoding : chunked\r\n",
            "Transfer-Encoding\u{b}: chunked\r\n",
            "Name\u{a0}: a\r\n", "Name=a\r\n", "Name: a\r\n\u{b}b: c\r\n", "Name: a\u{c}b\r\n", "Name: a\u{8}b\r\n",
            "\u{ef}\u{bb}\u{bf}Name: a\r\n",
        ].flatMap { line in
            [
                ("field \(line.debugDescription) first", "GET / HTTP/1.1\r\n\(line)\(host)\r\n", 400),
                ("field \(line.debugDescription) last", "GET / HTTP/1.1\r\n\(host)\(line)\r\n", 400),
            ]
        } + [
            ("an unknown expectation", "POST / HTTP/1.1\r\n\(host)Expect: 200-ok\r\n\r\n", 417),
            ("two expectations", "POST / HTTP/1.1\r\n\(host)Expect: 100-continue, more\r\n\r\n", 417),
            ("an empty expectation", "POST / HTTP/1.1\r\n\(host)Expect:\r\n\r\n", 417),
        ]

    private static let framing: [(String, String, Int)] =
        [
            (
                "length and coding", "POST / HTTP/1.1\r\n\(host)Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400
            ),
            (
                "coding and length", "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n",
                400
            ),
            ("two lengths", "POST / HTTP/1.1\r\n\(host)Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
            ("two lengths alike", "POST / HTTP/1.1\r\n\(host)Content-Length: 3\r\ncontent-length: 3\r\n\r\nabc", 400),
            (
                "two codings",
                "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400
            ),
            ("coding on 1.0", "POST / HTTP/1.0\r\n\(host)Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("gzip and chunked", "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
            (
                "gzip, then chunked",
                "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501
            ),
            (
                "three codings in three fields",
                "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: br\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
                501
            ),
            (
                "three codings in two fields",
                "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: br, gzip\r\nTransfer-Encoding: CHUNKED\r\n\r\n", 501
            ),
            (
                "chunked, then gzip", "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n",
                400
            ),
            ("gzip, then gzip", "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: gzip\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
            (
                "gzip, then chunked and a length",
                "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
                400
            ),
            (
                "gzip, then chunked on 1.0",
                "POST / HTTP/1.0\r\n\(host)Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", 400
            ),
            ("gzip, then nothing", "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: gzip\r\nTransfer-Encoding:\r\n\r\n", 400),
            ("a body too large", "POST / HTTP/1.1\r\n\(host)Content-Length: 1048577\r\n\r\n", 413),
            ("a body far too large", "POST / HTTP/1.1\r\n\(host)Content-Length: 9223372036854775807\r\n\r\n", 413),
            (
                "a body too large that waits",
                "POST / HTTP/1.1\r\n\(host)Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n", 413
            ),
        ]
        + [
            "+5", "-0", "-5", "0x5", "1_0", "1 0", "", "5,5", "5, 5", "5;", "5.0", "5e0", "\"5\"", "٥", "9223372036854775808",
            "+0", ",5", "5,", "5 5", "1e1", "0b1", "5h", "5\u{b}", "\u{c}5", "5\0", "\u{a0}5", "-9223372036854775808", "\u{ff15}",
            "18446744073709551616", "18446744073709551621", "99999999999999999999999999", "5\u{a0}", "a", "0, 5", "5\t5",
        ].map { ("Content-Length \($0)", "POST / HTTP/1.1\r\n\(host)Content-Length: \($0)\r\n\r\nabcde", 400) }
        + [
            "chunked;", ";chunked", "'chunked'", "chunked chunked", "chunk", "chunked\u{85}", "identity, identity", "chunked, ,",
            "xchunked", "chunkedx", "identity", "", ",chunked", "chunked,", "chunked, identity", "chunked, chunked", "gzip",
            "chunked;q=1", "\"chunked\"", "chu nked", "chunked\u{a0}", "\u{a0}chunked", "chunked gzip", "gzip;a, chunked",
            "chunked, gzip", "ch\u{fc}nked", "chunke\u{212a}",
        ].map { ("Transfer-Encoding \($0)", "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: \($0)\r\n\r\n0\r\n\r\n", 400) }
        + [
            "chunked\u{b}", "\u{b}chunked", "\u{c}chunked", "chunked\0",
        ].map { ("Transfer-Encoding \($0)", "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: \($0)\r\n\r\n0\r\n\r\n", 400) }

    private static let chunks: [(String, String, Int)] =
        [
            "5\u{a0}\r\nhello\r\n", "5\0\r\nhello\r\n", "\u{660}5\r\nhello\r\n", "5.\r\nhello\r\n", "5,5\r\nhello\r\n",
            "5;a=b;\r\nhello\r\n", "5;a \r\nhello\r\n",
            "5;\u{7f}\r\nhello\r\n", "5;a=\"\u{7f}\"\r\nhello\r\n", "5\r\nhello\n\r\n", "5\r\r\nhello\r\n", "5\r\nhello\r\r\n",
            "0 \r\n\r\n", "-0\r\n\r\n", "0\r\n \r\n\r\n",
            "0\r\n: a\r\n\r\n", "0\r\nA: \0\r\n\r\n",
            "0x5\r\nhello\r\n", "+5\r\nhello\r\n", "-5\r\nhello\r\n", "5_\r\nhello\r\n", "\r\nhello\r\n", " 5\r\nhello\r\n",
            "5 \r\nhello\r\n", "5\t\r\nhello\r\n", "5 a\r\nhello\r\n", "5 ;\r\nhello\r\n", "5 ; \r\nhello\r\n",
            "5 ;a \r\nhello\r\n", "5 5\r\nhello\r\n", " ;a\r\nhello\r\n", "\t5\r\nhello\r\n", "g\r\nhello\r\n", "5h\r\nhello\r\n",
            "ffffffffffffffff\r\nhello\r\n", "10000000000000005\r\nhello\r\n", "8000000000000000\r\nhello\r\n",
            "00000000000000005\r\nhello\r\n", "5\nhello\r\n", "5\rhello\r\n", "5\r\nhello\n", "5\r\nhello\r", "5\r\nhelloX\r\n",
            "5\r\nhello\rX", "5\r\nhell\r\n0\r\n\r\n", "5\r\nhello0\r\n", "5;\r\nhello\r\n", "5;=a\r\nhello\r\n",
            "5;a=\r\nhello\r\n",
            "5;a b\r\nhello\r\n", "5;a=\"b\r\nhello\r\n", "5;a=\"b\r\n\"\r\nhello\r\n", "5;a=\"b\n\"\r\nhello\r\n",
            "5;a=\"b\r\"\r\nhello\r\n", "5;a\0\r\nhello\r\n", "5;a\nhello\r\n", "5;a\rhello\r\n", "5;a=\"\\\r\nhello\r\n",
            "5;a=b c\r\nhello\r\n", "5;a=\"b\"c\r\nhello\r\n", "5;\u{e9}\r\nhello\r\n", "5,a\r\nhello\r\n",
            "0\r\nX y: a\r\n\r\n", "0\r\n folded\r\n\r\n", "0\r\nA: b\n\r\n", "0\r\nA: b\r\n\n", "0\r\nA\r\n\r\n",
            "0\r\nA : b\r\n\r\n",
            "0\r\nA: b\rc\r\n\r\n", "0\n\r\n", "0\r\n\n", "0\r\n\rX",
        ].map {
            ("chunks \($0.debugDescription)", "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n\($0)0\r\n\r\n", 400)
        } + [
            ("a chunk too large", "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n100001\r\n", 413),
            ("a chunk far too large", "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n7fffffffffffff\r\n", 413),
        ]
}

extension String {
    /// Scalars up to U+00FF as bytes of that value, others as UTF-8.
    var wire: [UInt8] {
        unicodeScalars.flatMap { $0.value <= 0xff ? [UInt8(truncatingIfNeeded: $0.value)] : Array(String($0).utf8) }
    }
}
