import Formats
import HTTPTypes

/// What the request and the connection decide about the form of a response.
struct ResponseContext {
    var isHead = false
    var isHTTP11 = true
    /// Whether the connection closes after the response.
    var closes = false

    /// Whether a body follows the head: not in a response to HEAD, nor after 1xx, 204 and 304 (RFC 9112 §6.3).
    func sendsBody(with status: HTTPResponse.Status) -> Bool {
        !isHead && status.code != 204 && status.code != 304 && status.code >= 200
    }
}

extension [UInt8] {
    /// Adds status line and fields of a response, up to and with the empty line.
    mutating func appendHead(of response: Response, in context: ResponseContext, date: [UInt8]) {
        let code = response.status.code
        if code == 200 {
            append("HTTP/1.1 200 OK\r\n" as StaticString)
        } else {
            append("HTTP/1.1 " as StaticString)
            append(number: code)
            append(.space)
            append(contentsOf: response.status.reasonPhrase.utf8)
            append("\r\n" as StaticString)
        }
        append(contentsOf: date)
        // Content-Length is forbidden in a 204 (RFC 9110 §8.6), and unknown in a 304 that was made without the representation.
        if let continuation = response.continuation {
            appendFraming(of: continuation, in: context)
        } else if code >= 200, code != 204, code != 304 || !response.body.isEmpty {
            append("Content-Length: " as StaticString)
            append(number: response.body.count)
            append("\r\n" as StaticString)
        }
        if response.continuation?.isBody == false {
            // Connection is written above: an upgraded connection carries no further request, so there is nothing to close after.
        } else if context.closes {
            append("Connection: close\r\n" as StaticString)
        } else if !context.isHTTP11 {
            append("Connection: keep-alive\r\n" as StaticString)
        }
        append(contentsOf: response.headers.bytes)
        append("\r\n" as StaticString)
    }

    /// Adds the field that tells where the rest of the response ends.
    private mutating func appendFraming(of continuation: ResponseContinuation, in context: ResponseContext) {
        switch continuation.kind {
        case .body: if context.isHTTP11 { append("Transfer-Encoding: chunked\r\n" as StaticString) }
        // Also while the server shuts down: `upgrade` and `close` would contradict each other (RFC 9110 §7.6.1, §7.8).
        case .otherProtocol: append("Connection: upgrade\r\n" as StaticString)
        }
    }

    /// Adds a number that is not negative in decimal digits. The generic function of Formats is not specialised across modules,
    /// and would call witness tables for every digit.
    private mutating func append(number: Int) {
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(0x30 + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }
}

/// The Date field, written once a second (RFC 9110 §6.6.1).
struct DateField {
    private var line: [UInt8] = []
    /// When the second of the wall clock is over, in nanoseconds of the monotonic clock.
    private var validUntil: UInt64 = 0

    /// `Date: … CRLF` at `now`, nanoseconds of the monotonic clock.
    mutating func bytes(at now: UInt64) -> [UInt8] {
        if now >= validUntil { write(at: now) }
        return line
    }

    private mutating func write(at now: UInt64) {
        let wall = Timestamp.now
        let intoSecond = wall.microseconds - wall.seconds * 1_000_000
        validUntil = now &+ UInt64(clamping: 1_000_000 - intoSecond) &* 1_000
        line.removeAll(keepingCapacity: true)
        line.append("Date: " as StaticString)
        wall.appendHTTPDate(to: &line)
        line.append("\r\n" as StaticString)
    }
}
