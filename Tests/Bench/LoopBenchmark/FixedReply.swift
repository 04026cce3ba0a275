import Glibc
import HTTPServer

/// The reply to everything, as long as a small product.
enum FixedReply {
    static let bytes =
        Array("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 600\r\n\r\n".utf8) + body
    static let body = [UInt8](repeating: UInt8(ascii: "x"), count: 600)
    static let headers = {
        var headers = HeaderBlock()
        headers.append(.contentType, "application/json")
        return headers
    }()

    /// Reads what has arrived, and answers once; false at the end of the stream.
    static func exchange(_ socket: Int32, _ buffer: inout [UInt8]) -> Bool {
        let count = recv(socket, &buffer, buffer.count, 0)
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        guard count > 0 else { return false }
        _ = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        return true
    }

    static func accept(_ listener: Int32) -> Int32 {
        var address = [CChar](repeating: 0, count: 64)
        var port: UInt16 = 0
        return csystemAccept(listener, &address, &port)
    }
}
