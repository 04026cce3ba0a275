import HTTPTypes

extension HeadBuilder {
    /// The length of OPTIONS.
    static let longestMethod = 7

    /// Nil for one this server does not know. CONNECT is among those: no route has use for it. TRACE and QUERY are known,
    /// so that they are answered as what no resource allows (405); the one would repeat secrets to whoever asks. Case
    /// counts (RFC 9110 §9.1).
    static func method(_ range: Range<Int>, of head: Span<UInt8>) -> HTTPRequest.Method? {
        switch range.count {
        case 3 where head.holdsExactly("GET", in: range): .get
        case 3 where head.holdsExactly("PUT", in: range): .put
        case 4 where head.holdsExactly("POST", in: range): .post
        case 4 where head.holdsExactly("HEAD", in: range): .head
        case 5 where head.holdsExactly("PATCH", in: range): .patch
        case 5 where head.holdsExactly("TRACE", in: range): .trace
        case 5 where head.holdsExactly("QUERY", in: range): .query
        case 6 where head.holdsExactly("DELETE", in: range): .delete
        case 7 where head.holdsExactly("OPTIONS", in: range): .options
        default: nil
        }
    }

    /// `HTTP/` digit `.` digit in upper case (RFC 9112 §2.3). A higher minor version is served as 1.1
    /// (RFC 9110 §2.5), 0.x never had this form, and another major version is another protocol.
    static func isHTTP11(_ range: Range<Int>, of head: Span<UInt8>) throws(RequestError) -> Bool {
        let start = range.lowerBound
        guard range.count == 8, head.holdsExactly("HTTP/", in: start..<start + 5), head[start + 5].isDigit,
            head[start + 6] == UInt8(ascii: "."), head[start + 7].isDigit, head[start + 5] != UInt8(ascii: "0")
        else { throw .malformed("The request line does not end in an HTTP version.") }
        guard head[start + 5] == UInt8(ascii: "1") else {
            throw RequestError(.httpVersionNotSupported, "This server speaks HTTP/1.1.")
        }
        return head[start + 7] != UInt8(ascii: "0")
    }
}
