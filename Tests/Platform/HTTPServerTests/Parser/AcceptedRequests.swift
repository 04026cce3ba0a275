import Testing

/// Streams that are right, and what they say.
enum AcceptedRequests {
    struct Case: CustomTestStringConvertible, Sendable {
        let text: String
        let requests: [String]
        var testDescription: String { text.debugDescription }
        init(_ text: String, _ requests: String...) {
            self.text = text
            self.requests = requests
        }
    }

    static let all = forms + bodies + pipelines + hosts

    private static let forms =
        [
            Case("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 1.1 [Host=a] "),
            Case("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 1.1 [Host=a] "),
            Case("GET /a/b%20c?d=%41&e=/? HTTP/1.1\r\nHost:a\r\n\r\n", "GET /a/b%20c?d=%41&e=/? 1.1 [Host=a] "),
            Case("GET /? HTTP/1.1\r\nHost: a\r\n\r\n", "GET /? 1.1 [Host=a] "),
            Case(
                "GET /a[b]={c|d}\\\"<>^`~!$'()*+,;:@- HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /a[b]={c|d}\\\"<>^`~!$'()*+,;:@- 1.1 [Host=a] "),
            Case("GET /%2500%252e HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%2500%252e 1.1 [Host=a] "),
            Case("GET /%c3%A9 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%c3%A9 1.1 [Host=a] "),
            Case("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "TRACE / 1.1 [Host=a] "),
            Case("QUERY / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", "QUERY / 1.1 [Host=a] [Content-Length=1] x"),
            Case("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * 1.1 [Host=a] "),
            Case("GET http://b/c?d HTTP/1.1\r\nHost: a\r\n\r\n", "GET /c?d 1.1 [Host=b] "),
            Case("GET HTTPS://b:443/ HTTP/1.1\r\nX: y\r\nhost: b:443\r\n\r\n", "GET / 1.1 [X=y] [host=b:443] "),
            Case("GET http://b HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 1.1 [Host=b] "),
            Case("GET http://b?c HTTP/1.1\r\nHost: a\r\n\r\n", "GET /?c 1.1 [Host=b] "),
            Case("GET http://b/ HTTP/1.0\r\n\r\n", "GET / 1.0 close "),
            Case("GET / HTTP/1.0\r\n\r\n", "GET / 1.0 close "),
            Case("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / 1.0 [Connection=Keep-Alive] "),
            Case("GET / HTTP/1.2\r\nHost: a\r\n\r\n", "GET / 1.1 [Host=a] "),
            Case(
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n",
                "GET / 1.1 close [Host=a] [Connection=keep-alive, close] "),
            Case(
                "GET / HTTP/1.1\r\nHost: a\r\nX:\r\nY: \t b c\t\td \t\r\nZ:a:b\r\n\r\n",
                "GET / 1.1 [Host=a] [X=] [Y=b c\t\td] [Z=a:b] "),
            Case(
                "GET / HTTP/1.1\r\nHost: a\r\n!#$%&'*+-.^_`|~09AZaz: x\r\n\r\n",
                "GET / 1.1 [Host=a] [!#$%&'*+-.^_`|~09AZaz=x] "),
            Case("GET //b/../c HTTP/1.1\r\nHost: a\r\n\r\n", "GET //b/../c 1.1 [Host=a] "),
            Case("GET / HTTP/1.1\r\nHost:\t a \t\r\n\r\n", "GET / 1.1 [Host=a] "),
            Case(
                "GET / HTTP/1.1\r\nHost: a\r\nTransfer_Encoding: chunked\r\nContent_Length: 5\r\n\r\n",
                "GET / 1.1 [Host=a] [Transfer_Encoding=chunked] [Content_Length=5] "),
            Case("GET / HTTP/1.1\r\nHost: a\r\nX: caf\u{c3}\u{a9}\r\n\r\n", "GET / 1.1 [Host=a] [X=café] "),
        ]
        + ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map {
            Case("\($0) /x HTTP/1.1\r\nHost: a\r\n\r\n", "\($0) /x 1.1 [Host=a] ")
        }

    private static let bodies =
        [
            Case("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "POST / 1.1 [Host=a] [Content-Length=0] "),
            Case("POST / HTTP/1.1\r\nHost: a\r\ncontent-LENGTH: 3\r\n\r\na\nb", "POST / 1.1 [Host=a] [content-LENGTH=3] a\nb"),
            Case("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 003\r\n\r\nabc", "POST / 1.1 [Host=a] [Content-Length=003] abc"),
            Case("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "GET / 1.1 [Host=a] [Content-Length=3] abc"),
            Case("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\t3 \t\r\n\r\nabc", "POST / 1.1 [Host=a] [Content-Length=3] abc"),
            Case(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\tCHUNKED \r\n\r\n1\r\na\r\n0\r\n\r\n",
                "POST / 1.1 [Host=a] [Transfer-Encoding=CHUNKED] a"),
            Case("POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", "POST / 1.0 close [Content-Length=3] abc"),
        ]
        + [
            ("0\r\n\r\n", ""), ("3\r\nabc\r\n0\r\n\r\n", "abc"), ("1\r\na\r\n2\r\nbc\r\n000\r\n\r\n", "abc"),
            ("00003\r\nabc\r\n0\r\n\r\n", "abc"), ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
            ("a\r\n\r\n0\r\n\r\n012\r\n0\r\n\r\n", "\r\n0\r\n\r\n012"),
            ("3;a\r\nabc\r\n0;b=c\r\n\r\n", "abc"), ("3 ;a\r\nabc\r\n0\t ; b\t=\tc ;d\r\n\r\n", "abc"),
            ("3;a=\"b;c\\\"\td\u{e9}\"; e = f\r\nabc\r\n0\r\n\r\n", "abc"),
            ("3\r\nabc\r\n0\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\nHost: z\r\nAuthorization: me\r\n\r\n", "abc"),
        ].map {
            Case(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n\($0.0)",
                "POST / 1.1 [Host=a] [Transfer-Encoding=Chunked] \($0.1)")
        }

    private static let pipelines = [
        Case(
            "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n",
            "GET /1 1.1 [Host=a] ", "GET /2 1.1 [Host=b] "),
        Case(
            "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n",
            "POST /1 1.1 [Host=a] [Content-Length=2] ab", "GET /2 1.1 [Host=b] "),
        Case(
            "POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\nGET /2 HTTP/1.0\r\n\r\n",
            "POST /1 1.1 [Host=a] [Transfer-Encoding=chunked] a", "GET /2 1.0 close "),
    ]

    private static let hosts = [
        "a", "example.com", "example.com:8080", "example.com:", "127.0.0.1:1", "[::1]", "[::1]:80", "[fe80::1:2]:65535",
        "xn--bcher-kva.example", "a_b~c", "%41", "a:0",
    ].map { Case("GET / HTTP/1.1\r\nHost: \($0)\r\n\r\n", "GET / 1.1 [Host=\($0)] ") }
}
