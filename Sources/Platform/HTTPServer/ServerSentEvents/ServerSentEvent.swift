import Formats
import HTTPTypes

/// One event of a stream of Server-Sent Events (WHATWG HTML §9.2.6).
package struct ServerSentEvent: Sendable, Equatable {
    /// The event's type, which listeners register for; nil is `message`.
    package let name: String?
    /// The client sends it as Last-Event-ID when it reconnects; nil keeps the one before.
    package let id: String?
    /// UTF-8, of any number of lines.
    package let data: [UInt8]

    package init(name: String? = nil, id: String? = nil, data: [UInt8]) {
        self.name = name
        self.id = id
        self.data = data
    }

    /// The event as bytes for the wire.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.count + 48)
        // A line end in a value would begin a field of its own. An id with a zero is not valid.
        if let name, !name.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) { bytes.append(field: "event: ", name.utf8) }
        if let id, !id.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) { bytes.append(field: "id: ", id.utf8) }
        var rest = data[...]
        while let end = rest.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
            bytes.append(field: "data: ", rest[..<end])
            let isPair = rest[end] == 0x0D && end + 1 < rest.endIndex && rest[end + 1] == 0x0A
            rest = rest[(end + (isPair ? 2 : 1))...]
        }
        bytes.append(field: "data: ", rest)
        bytes.append(0x0A)
        return bytes
    }

    /// A comment, which clients ignore. It keeps the connection alive on both sides and in between.
    package static let heartbeat: [UInt8] = Array(":\n\n".utf8)

    /// Tells a client how long to wait before it reconnects.
    package static func retry(after time: Duration) -> [UInt8] {
        let (seconds, attoseconds) = time.components
        return Array("retry: \(max(0, seconds * 1_000 + attoseconds / 1_000_000_000_000_000))\n\n".utf8)
    }
}

extension Response {
    /// A stream of Server-Sent Events. `write` sends the ``ServerSentEvent/bytes`` of events, and ends the stream by returning.
    package static func eventStream(_ write: @escaping (OutboundStream) async throws -> Void) -> Response {
        var headers = HeaderBlock()
        headers.append(.contentType, "text/event-stream")
        // Not cached, and not delayed: nginx and its relatives buffer responses without this field.
        headers.append(.cacheControl, "no-store")
        if let buffering = HTTPField.Name("X-Accel-Buffering") { headers.append(buffering, "no") }
        return .streamed(.ok, headers: headers, write)
    }
}

extension [UInt8] {
    fileprivate mutating func append(field: StaticString, _ value: some Collection<UInt8>) {
        append(field)
        append(contentsOf: value)
        append(0x0A)
    }
}
