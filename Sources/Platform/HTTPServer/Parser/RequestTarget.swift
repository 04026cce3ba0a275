import HTTPTypes

/// The parts of a request target (RFC 9112 §3.2), as places in the head.
struct RequestTarget {
    /// Begins with `/`, or is `*`.
    private(set) var path: Range<Int>
    private(set) var query: Range<Int>?
    /// Host and port of a target in absolute form.
    private(set) var authority: Range<Int>?

    init(path: Range<Int>, query: Range<Int>?, authority: Range<Int>?) {
        self.path = path
        self.query = query
        self.authority = authority
    }

    /// - Parameter range: not empty.
    init(_ range: Range<Int>, of head: Span<UInt8>, method: HTTPRequest.Method) throws(RequestError) {
        self.init(path: range, query: nil, authority: nil)
        var start = range.lowerBound
        if head[start] == UInt8(ascii: "*") {
            guard range.count == 1, method == .options else { throw .malformed("Only OPTIONS may ask for `*`.") }
            return
        }
        if head[start] != UInt8(ascii: "/") {
            start = try takeAuthority(range, of: head)
        }
        let mark = try Self.check(start..<range.upperBound, of: head)
        if let mark { query = mark + 1..<range.upperBound }
        let end = mark ?? range.upperBound
        path = start..<end
        if let authority, path.isEmpty {
            // `http://host` and `http://host?query` mean `/`, and there is one right before the host.
            path = authority.lowerBound - 1..<authority.lowerBound
        }
    }

    /// Takes scheme and authority of a target in absolute form. Returns where its path begins.
    private mutating func takeAuthority(_ range: Range<Int>, of head: Span<UInt8>) throws(RequestError) -> Int {
        var start = range.lowerBound
        if range.count > 7, head.holds("http://", in: start..<start + 7) {
            start += 7
        } else if range.count > 8, head.holds("https://", in: start..<start + 8) {
            start += 8
        } else {
            throw .malformed("The target is neither a path nor an http URI.")
        }
        var end = start
        while end < range.upperBound, head[end] != UInt8(ascii: "/"), head[end] != UInt8(ascii: "?") { end += 1 }
        guard head.isAuthority(start..<end) else { throw .malformed("The target's host is not a host and port.") }
        authority = start..<end
        return end
    }

    /// Refuses characters that a target must not have, encoded or not. Returns the place of the first `?`.
    private static func check(_ range: Range<Int>, of head: Span<UInt8>) throws(RequestError) -> Int? {
        var mark: Int?
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = head[index]
            switch byte {
            case UInt8(ascii: "?"):
                if mark == nil { mark = index }
            case UInt8(ascii: "%"):
                guard range.upperBound - index > 2, let high = head[index + 1].hexadecimal,
                    let low = head[index + 2].hexadecimal
                else { throw .malformed("A percent sign in the target is not followed by two hexadecimal digits.") }
                // The grammar allows these, and no resource here has them in its name. Decoded they end a string in C, or a line in
                // a log or a header.
                let decoded = high << 4 | low
                guard decoded != 0, decoded != .carriageReturn, decoded != .lineFeed else {
                    throw .malformed("The target hides a control character.")
                }
                index += 2
            case UInt8(ascii: "#"):
                throw .malformed("A target has no fragment.")
            case 0x21...0x7e: break
            default: throw .malformed("The target has a character that must be percent-encoded.")
            }
            index += 1
        }
        return mark
    }
}
