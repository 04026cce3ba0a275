import HTTPTypes

/// Collects the lines of a head one by one: a wrong line is refused before the next one is read.
///
/// Places are counted from the head's first byte.
struct HeadBuilder {
    private(set) var method = HTTPRequest.Method.get
    private(set) var target = RequestTarget(path: 0..<0, query: nil, authority: nil)
    private(set) var isHTTP11 = true
    private(set) var fields: [RequestHead.Field] = []
    private(set) var expectsContinue = false

    private var hosts = 0
    private var length: Int?
    private var isChunked = false
    /// Whether an unknown transfer coding was named.
    private var hasUnknownCoding = false
    private var closes = false
    private var asksToKeep = false

    /// Whether the client wants to use the connection for further requests (RFC 9112 §9.3).
    var keepsAlive: Bool { !closes && (isHTTP11 || asksToKeep) }

    /// What is kept beside the bytes of the head, in bytes.
    var keptBytes: Int { fields.capacity * MemoryLayout<RequestHead.Field>.stride }

    /// `method SP target SP version` with single spaces (RFC 9112 §3).
    mutating func takeRequestLine(_ line: Range<Int>, of head: Span<UInt8>) throws(RequestError) {
        guard let methodEnd = head.first(.space, in: line), methodEnd > line.lowerBound,
            let targetEnd = head.first(.space, in: methodEnd + 1..<line.upperBound), targetEnd > methodEnd + 1
        else { throw .malformed("The request line is not of the form `method target version`.") }
        for index in line.lowerBound..<methodEnd where !head[index].isToken {
            throw .malformed("The method is not a token.")
        }
        isHTTP11 = try Self.isHTTP11(targetEnd + 1..<line.upperBound, of: head)
        guard let method = Self.method(line.lowerBound..<methodEnd, of: head) else {
            throw RequestError(.notImplemented, "This server does not know the method.")
        }
        self.method = method
        target = try RequestTarget(methodEnd + 1..<targetEnd, of: head, method: method)
        // Room for the fields that arrive through a load balancer.
        fields.reserveCapacity(16)
    }

    /// Takes `name ":" OWS value OWS` (RFC 9112 §5), and checks the fields that decide how the message is read.
    mutating func takeField(_ line: Range<Int>, of head: Span<UInt8>) throws(RequestError) {
        let field = try Self.field(line, of: head)
        let name = field.name
        switch name.count {
        case 4 where head.holds("host", in: name): try takeHost(field.value, of: head)
        case 6 where head.holds("expect", in: name): try takeExpectation(field.value, of: head)
        case 10 where head.holds("connection", in: name): takeConnection(field.value, of: head)
        case 14 where head.holds("content-length", in: name): try takeLength(field.value, of: head)
        case 17 where head.holds("transfer-encoding", in: name): try takeCoding(field.value, of: head)
        default: break
        }
        fields.append(field)
    }

    /// Splits a field line. Trailers need no further check.
    static func field(_ line: Range<Int>, of bytes: Span<UInt8>) throws(RequestError) -> RequestHead.Field {
        var index = line.lowerBound
        while index < line.upperBound, bytes[index].isToken { index += 1 }
        // This refuses a line that continues the one before it (obs-fold), and a space before the colon. Implementations disagree
        // on both (RFC 9112 §5.1, §5.2).
        guard index > line.lowerBound, index < line.upperBound, bytes[index] == UInt8(ascii: ":") else {
            throw .malformed("A header field is not of the form `name: value`.")
        }
        return RequestHead.Field(name: line.lowerBound..<index, value: bytes.trimmed(index + 1..<line.upperBound))
    }

    /// Checks what only the whole head tells, and returns how the body ends.
    mutating func finish(_ head: Span<UInt8>) throws(RequestError) -> BodyFraming {
        guard hosts == 1 || (hosts == 0 && !isHTTP11) else {
            throw .malformed("HTTP/1.1 needs a Host field.")
        }
        if let authority = target.authority { replaceHost(with: authority, in: head) }
        guard isChunked || !hasUnknownCoding else { throw .malformed("Transfer-Encoding does not end in chunked.") }
        guard isChunked else { return (length ?? 0) > 0 ? .length(length ?? 0) : .none }
        // A sender of both smuggles requests, or passes on smuggled ones (RFC 9112 §6.3).
        guard length == nil else { throw .malformed("Content-Length and Transfer-Encoding exclude each other.") }
        guard isHTTP11 else { throw .malformed("HTTP/1.0 has no Transfer-Encoding.") }
        guard !hasUnknownCoding else {
            throw RequestError(
                .notImplemented, "This server knows no transfer coding but chunked.", cause: .transferCoding)
        }
        return .chunked
    }

    /// A target in absolute form overrides Host (RFC 9112 §3.2.2): from here on, Host has its authority.
    private mutating func replaceHost(with authority: Range<Int>, in head: Span<UInt8>) {
        guard let index = fields.firstIndex(where: { head.holds("host", in: $0.name) }) else { return }
        fields[index] = RequestHead.Field(name: fields[index].name, value: authority)
    }
}

// MARK: - The request line

extension HeadBuilder {
    /// The length of OPTIONS.
    static let longestMethod = 7

    /// Nil for an unknown method. CONNECT is one of those: no route needs it. TRACE and QUERY are known, so a resource answers them
    /// with a 405; TRACE would repeat secrets to its sender. Letter case counts (RFC 9110 §9.1).
    private static func method(_ range: Range<Int>, of head: Span<UInt8>) -> HTTPRequest.Method? {
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
    private static func isHTTP11(_ range: Range<Int>, of head: Span<UInt8>) throws(RequestError) -> Bool {
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

// MARK: - Fields that decide

extension HeadBuilder {
    private mutating func takeHost(_ value: Range<Int>, of head: Span<UInt8>) throws(RequestError) {
        hosts += 1
        guard hosts == 1 else { throw .malformed("There is more than one Host field.") }
        guard head.isAuthority(value) else { throw .malformed("Host is not a host and port.") }
    }

    /// Takes one number. A list of equal lengths, which RFC 9110 §8.6 lets a recipient accept, is refused, and so is a second field
    /// with the same number: a message that repeats itself was tampered with. Leading zeros are allowed, as in the grammar
    /// (`1*DIGIT`). `Content_Length` is an ordinary field: nothing here takes `_` for `-`. A length or `chunked` counts with every
    /// method, GET too: a body that is ignored would be read as the next request.
    private mutating func takeLength(_ value: Range<Int>, of head: Span<UInt8>) throws(RequestError) {
        guard length == nil else { throw .malformed("There is more than one Content-Length field.") }
        guard !value.isEmpty else { throw .malformed("Content-Length is not a number.") }
        var number = 0
        for index in value.lowerBound..<value.upperBound {
            guard head[index].isDigit else { throw .malformed("Content-Length is not a number.") }
            let (tenfold, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(Int(head[index] - 0x30))
            guard !overflow, !carry else { throw .malformed("Content-Length is too great a number.") }
            number = sum
        }
        length = number
    }

    /// Takes a list of codings. Only `chunked` is known; it must come last, and once. Several fields are one list (RFC 9110 §5.3), so
    /// ``finish(_:)`` judges unknown codings: a 501 where `chunked` ends the list, else the body would have no end (RFC 9112 §6.3).
    /// Parameters are refused: no registered coding has any, and `chunked` must not (RFC 9112 §7.1). Empty elements are refused
    /// too, since some recipients would read another list.
    private mutating func takeCoding(_ value: Range<Int>, of head: Span<UInt8>) throws(RequestError) {
        var isWrong = false
        head.forEachElement(in: value) { element in
            if isChunked || element.isEmpty || !element.allSatisfy({ head[$0].isToken }) {
                isWrong = true
            } else if head.holds("chunked", in: element) {
                isChunked = true
            } else {
                hasUnknownCoding = true
            }
        }
        guard !isWrong else { throw .malformed("Transfer-Encoding is not a list of codings that ends in chunked.") }
    }

    private mutating func takeConnection(_ value: Range<Int>, of head: Span<UInt8>) {
        head.forEachElement(in: value) { element in
            if head.holds("close", in: element) { closes = true }
            if head.holds("keep-alive", in: element) { asksToKeep = true }
        }
    }

    /// RFC 9110 §10.1.1 defines only 100-continue, and ignores it from an HTTP/1.0 client.
    private mutating func takeExpectation(_ value: Range<Int>, of head: Span<UInt8>) throws(RequestError) {
        var known = true
        head.forEachElement(in: value) { element in
            if !head.holds("100-continue", in: element) { known = false }
        }
        guard known else { throw RequestError(.expectationFailed, "This server knows no expectation but 100-continue.") }
        expectsContinue = isHTTP11
    }
}
