import TestSupport

/// A final reply as it lay on the wire, read as strictly as RFC 9112 allows.
struct WireReply {
    let status: Int
    let fields: [(name: String, value: String)]
    let text: String

    func header(_ name: String) -> String? {
        let found = fields.filter { $0.name.lowercased() == name }
        return found.count == 1 ? found[0].value : nil
    }

    /// All replies that the bytes are, to the last byte; interim ones are read and left out.
    /// - Parameter head: whether the request of this number was HEAD.
    static func all(in bytes: [UInt8], toHead head: (Int) -> Bool = { _ in false }) throws -> [WireReply] {
        var rest = bytes[...]
        var replies: [WireReply] = []
        while !rest.isEmpty {
            let reply = try next(&rest, isHead: head(replies.count))
            if reply.status >= 200 { replies.append(reply) }
        }
        return replies
    }

    private static func next(_ rest: inout ArraySlice<UInt8>, isHead: Bool) throws -> WireReply {
        let status = try line(&rest).split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard status.count == 3, status[0] == "HTTP/1.1", status[1].count == 3, let code = Int(status[1]), code >= 100 else {
            throw TestFailure("not a status line: \(status)")
        }
        var fields: [(name: String, value: String)] = []
        while true {
            let text = try line(&rest)
            if text.isEmpty { break }
            let parts = text.split(separator: ": ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty,
                parts[0].utf8.allSatisfy({ $0 == 0x2D || $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A })
            else {
                throw TestFailure("not a header field: \(text)")
            }
            fields.append((parts[0], parts[1]))
        }
        let lengths = fields.filter { $0.name.lowercased() == "content-length" }.map(\.value)
        let codings = fields.filter { $0.name.lowercased() == "transfer-encoding" }.map(\.value)
        let isBare = code < 200 || code == 204
        if !isBare, lengths.isEmpty, code != 304 {
            return WireReply(status: code, fields: fields, text: isHead ? "" : try streamedText(&rest, fields, codings))
        }
        guard lengths.count == (isBare ? 0 : 1), codings.isEmpty else { throw TestFailure("framed by \(fields)") }
        let length = isBare || code == 304 || isHead ? 0 : lengths.first.flatMap { Int($0) } ?? 0
        guard rest.count >= length else { throw TestFailure("a body of \(rest.count) bytes, not of \(length)") }
        defer { rest = rest.dropFirst(length) }
        return WireReply(status: code, fields: fields, text: String(decoding: rest.prefix(length), as: UTF8.self))
    }

    /// A body of no known length: in chunks without extensions and trailers, or else to the end of the connection.
    private static func streamedText(
        _ rest: inout ArraySlice<UInt8>, _ fields: [(name: String, value: String)], _ codings: [String]
    ) throws -> String {
        if codings.isEmpty {
            guard fields.contains(where: { $0 == ("Connection", "close") }) else { throw TestFailure("framed by \(fields)") }
            defer { rest = [] }
            return String(decoding: rest, as: UTF8.self)
        }
        guard codings == ["chunked"] else { throw TestFailure("framed by \(fields)") }
        var body: [UInt8] = []
        while true {
            let size = try line(&rest)
            guard !size.isEmpty, size.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x61 && $0 <= 0x66 }),
                let count = Int(size, radix: 16), rest.count >= count + 2, (count == 0) == (size == "0")
            else { throw TestFailure("not a chunk of \(size)") }
            body += rest.prefix(count)
            rest = rest.dropFirst(count)
            guard try line(&rest).isEmpty else { throw TestFailure("a chunk longer than \(size)") }
            if count == 0 { return String(decoding: body, as: UTF8.self) }
        }
    }

    private static func line(_ rest: inout ArraySlice<UInt8>) throws -> String {
        guard let end = rest.firstIndex(of: 0x0D), end + 1 < rest.endIndex, rest[end + 1] == 0x0A,
            rest[..<end].allSatisfy({ $0 >= 0x20 && $0 < 0x7F })
        else { throw TestFailure("not a line: \(String(decoding: rest.prefix(100), as: UTF8.self).debugDescription)") }
        defer { rest = rest[(end + 2)...] }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}
