import Formats
import HTTPTypes

extension [UInt8] {
    /// Adds status line and fields of a response, up to and with the empty line.
    mutating func appendHead(of response: Response, to request: ReplyContext, date: [UInt8]) {
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
        // 204 must not have it (RFC 9110 §8.6); a 304 without the representation at hand cannot know it.
        if let continuation = response.continuation {
            appendFraming(of: continuation, to: request)
        } else if code >= 200, code != 204, code != 304 || !response.body.isEmpty {
            append("Content-Length: " as StaticString)
            append(number: response.body.count)
            append("\r\n" as StaticString)
        }
        if response.continuation?.isBody == false {
            // Connection is written above: an upgraded connection carries no further request, so there is nothing to close after.
        } else if request.closes {
            append("Connection: close\r\n" as StaticString)
        } else if !request.isHTTP11 {
            append("Connection: keep-alive\r\n" as StaticString)
        }
        append(contentsOf: response.headers.bytes)
        append("\r\n" as StaticString)
    }

    /// How the end of what follows is known.
    private mutating func appendFraming(of continuation: ResponseContinuation, to request: ReplyContext) {
        switch continuation.kind {
        case .body: if request.isHTTP11 { append("Transfer-Encoding: chunked\r\n" as StaticString) }
        // Also while the server ends: the options of the field would contradict each other (RFC 9110 §7.6.1, §7.8).
        case .otherProtocol: append("Connection: upgrade\r\n" as StaticString)
        }
    }
}

extension [UInt8] {
    /// Adds a number that is not negative in decimal digits. The generic one of Formats comes unspecialised
    /// across modules, and goes through witness tables for every digit.
    fileprivate mutating func append(number: Int) {
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(0x30 + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }
}
