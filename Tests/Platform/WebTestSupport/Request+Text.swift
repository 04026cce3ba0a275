import CSystem
import EventLoop
import HTTPServer
import HTTPTypes

extension RequestHead {
    /// A head as the parser of the server makes it.
    package convenience init(_ method: HTTPRequest.Method, _ target: String, fields: [(String, String)] = []) {
        var bytes = Array("\(method.rawValue) ".utf8)
        let start = bytes.count
        bytes += Array(target.utf8)
        let end = bytes.count
        let mark = bytes[start..<end].firstIndex(of: UInt8(ascii: "?"))
        bytes += Array(" HTTP/1.1\r\n".utf8)
        var places: [Field] = []
        for (name, value) in fields {
            let from = bytes.count
            bytes += Array("\(name): ".utf8)
            let middle = bytes.count
            bytes += Array(value.utf8)
            places.append(Field(name: from..<middle - 2, value: middle..<bytes.count))
            bytes += Array("\r\n".utf8)
        }
        bytes += Array("\r\n".utf8)
        self.init(
            bytes: bytes, method: method, path: start..<(mark ?? end), query: mark.map { $0 + 1..<end }, fields: places,
            isHTTP11: true)
    }
}

extension Request {
    package convenience init(
        _ method: HTTPRequest.Method, _ target: String, fields: [(String, String)] = [], body: String = "",
        peer: String = "192.0.2.1", received: UInt64 = csystem_monotonic(), on loop: EventLoop
    ) {
        self.init(
            head: RequestHead(method, target, fields: fields), body: Array(body.utf8), peer: peer, received: received,
            loop: loop)
    }
}

extension Response {
    package var text: String { String(decoding: body, as: UTF8.self) }
}

extension String {
    /// The number of occurrences of a text.
    package func components(_ text: String) -> Int {
        var count = 0
        var rest = self[...]
        while let found = rest.firstRange(of: text) {
            count += 1
            rest = rest[found.upperBound...]
        }
        return count
    }
}
