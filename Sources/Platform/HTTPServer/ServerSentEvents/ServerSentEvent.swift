import Formats

/// One event of a stream of Server-Sent Events (WHATWG HTML §9.2.6).
package struct ServerSentEvent: Sendable, Equatable {
    /// What listeners are registered for; nil is `message`.
    package let name: String?
    /// What a client sends as Last-Event-ID when it comes back; nil leaves the last one standing.
    package let id: String?
    /// UTF-8, of any number of lines.
    package let data: [UInt8]

    package init(name: String? = nil, id: String? = nil, data: [UInt8]) {
        self.name = name
        self.id = id
        self.data = data
    }

    /// As it goes on the wire.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.count + 48)
        // A line end within would begin a field of its own; an id with a zero is none.
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

    /// A line that every client passes over: it shows both sides, and what lies between, that the other is there.
    package static let heartbeat: [UInt8] = Array(":\n\n".utf8)

    /// Tells a client how long to wait before it comes back once the stream has ended.
    package static func retry(after time: Duration) -> [UInt8] {
        let (seconds, attoseconds) = time.components
        return Array("retry: \(max(0, seconds * 1_000 + attoseconds / 1_000_000_000_000_000))\n\n".utf8)
    }
}

extension [UInt8] {
    fileprivate mutating func append(field: StaticString, _ value: some Collection<UInt8>) {
        append(field)
        append(contentsOf: value)
        append(0x0A)
    }
}
