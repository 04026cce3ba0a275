import Foundation

/// Takes responses apart; RFC 9112 section 6.3 decides where a body ends.
struct HTTPTestReader {
    let socket: RawSocket
    /// What has arrived and is not yet used.
    var buffer: [UInt8]
    let deadline: Deadline

    mutating func response(to method: String) throws -> (response: HTTPTestResponse, reusable: Bool) {
        var response = try head()
        while (100..<200).contains(response.status), response.status != 101 { response = try head() }
        let ended = try readBody(into: &response, method)
        let closes = response.all("connection").contains { $0.lowercased().contains("close") }
        return (response, !ended && !closes && response.version == "HTTP/1.1" && response.status != 101)
    }

    mutating func head() throws -> HTTPTestResponse {
        let first = try line()
        let parts = first.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0].hasPrefix("HTTP/1."), parts[1].count == 3, let status = Int(parts[1]) else {
            throw TestFailure("not a status line: \(first)")
        }
        var response = HTTPTestResponse(version: parts[0], status: status, reason: parts[2], headers: [], body: [])
        while true {
            let field = try line()
            if field.isEmpty { return response }
            guard let colon = field.firstIndex(of: ":"), colon != field.startIndex else {
                throw TestFailure("not a header field: \(field)")
            }
            let value = field[field.index(after: colon)...].trimmingCharacters(in: CharacterSet(charactersIn: " \t"))
            response.headers.append((String(field[..<colon]), value))
        }
    }

    /// The next chunk; nil after the last one and its trailers.
    mutating func chunk() throws -> [UInt8]? {
        let size = try line()
        guard let count = Int(size.prefix { $0 != ";" }, radix: 16), count >= 0 else {
            throw TestFailure("not a chunk size: \(size)")
        }
        if count == 0 {
            while try !line().isEmpty {}
            return nil
        }
        let bytes = try take(count)
        guard try line().isEmpty else { throw TestFailure("chunk data longer than its size") }
        return bytes
    }

    mutating func take(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard try fill() else { throw TestFailure("the connection ended after \(buffer.count) of \(count) bytes") }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    /// Gives whether it was the connection's end that ended the body.
    private mutating func readBody(into response: inout HTTPTestResponse, _ method: String) throws -> Bool {
        if method == "HEAD" || [101, 204, 304].contains(response.status) { return false }
        let codings = response.all("transfer-encoding")
        let lengths = response.all("content-length")
        if !codings.isEmpty {
            guard codings == ["chunked"], lengths.isEmpty else {
                throw TestFailure("Transfer-Encoding \(codings) with Content-Length \(lengths)")
            }
            while let bytes = try chunk() { response.body += bytes }
            return false
        }
        if !lengths.isEmpty {
            guard lengths.count == 1, let length = Int(lengths[0]), length >= 0 else {
                throw TestFailure("Content-Length \(lengths)")
            }
            response.body = try take(length)
            return false
        }
        while try fill() {}
        response.body = buffer
        buffer = []
        return true
    }

    private mutating func line() throws -> String {
        var searched = 0
        while true {
            if let end = buffer[searched...].firstIndex(of: 10) {
                guard end > 0, buffer[end - 1] == 13 else { throw TestFailure("a line that does not end in CRLF") }
                defer { buffer.removeFirst(end + 1) }
                return String(decoding: buffer[..<(end - 1)], as: UTF8.self)
            }
            searched = buffer.count
            guard try fill() else {
                throw TestFailure("the connection ended in a response's head: \(String(decoding: buffer, as: UTF8.self))")
            }
        }
    }

    /// Adds what arrives next; false at the peer's end.
    private mutating func fill() throws -> Bool {
        let more = try socket.receive(seconds: deadline.seconds)
        buffer += more
        return !more.isEmpty
    }
}
