import Foundation
import Synchronization

/// Reads a stream of Server-Sent Events as a browser does (WHATWG HTML §9.2.6), over chunks, strictly.
package final class EventStreamTestClient: Sendable {
    package struct Event: Sendable, Equatable {
        package var name = "message"
        package var id: String?
        package var data = ""

        package init(name: String = "message", id: String? = nil, data: String = "") {
            self.name = name
            self.id = id
            self.data = data
        }
    }

    package let head: HTTPTestResponse
    private let connection: HTTPTestConnection
    /// What has come and is no whole event yet.
    private let rest = Mutex("")
    private let counted = Mutex((comments: 0, retry: Int?.none))

    /// Connects and waits for the head. Throws ``TestFailure`` where it is not that of a stream.
    package init(port: UInt16, _ path: String, headers: [(String, String)] = [], seconds: Double = 10) throws {
        connection = HTTPTestConnection(try RawSocket(port: port, seconds: seconds))
        let fields = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
        try connection.socket.send("GET \(path) HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\(fields)\r\n")
        head = try connection.head(seconds: seconds)
        guard head.status == 200, head.header("Content-Type") == "text/event-stream",
            head.header("Transfer-Encoding") == "chunked"
        else {
            throw TestFailure("no stream: status \(head.status)")
        }
    }

    package static func connect(
        port: UInt16, _ path: String, headers: [(String, String)] = [], seconds: Double = 10
    ) async throws -> EventStreamTestClient {
        try await onOwnThread { try EventStreamTestClient(port: port, path, headers: headers, seconds: seconds) }
    }

    /// How many comments have come, which show that the connection is alive.
    package var comments: Int { counted.withLock(\.comments) }
    /// The time in milliseconds after which to come back, once it was said.
    package var retry: Int? { counted.withLock(\.retry) }

    /// The next event; nil at the stream's end. Throws ``TestFailure`` where none comes within `seconds`, or the stream breaks.
    package func next(seconds: Double = 10) async throws -> Event? {
        try await onOwnThread { try self.read(seconds) }
    }

    package func close() { connection.socket.close() }

    private func read(_ seconds: Double) throws -> Event? {
        let deadline = Deadline(seconds: seconds)
        while true {
            let block = rest.withLock { rest -> String? in
                guard let end = rest.range(of: "\n\n") else { return nil }
                defer { rest = String(rest[end.upperBound...]) }
                return String(rest[..<end.lowerBound])
            }
            if let block {
                if let event = try event(block) { return event }
                continue
            }
            guard let chunk = try connection.chunk(seconds: deadline.seconds) else { return nil }
            guard let text = String(validating: chunk, as: UTF8.self) else { throw TestFailure("an event that is not UTF-8") }
            rest.withLock { $0 += text }
        }
    }

    private func event(_ block: String) throws -> Event? {
        var event = Event()
        var data: [String] = []
        for line in block.split(separator: "\n", omittingEmptySubsequences: false) {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? String(parts[1].hasPrefix(" ") ? parts[1].dropFirst() : parts[1]) : ""
            switch parts[0] {
            case "": counted.withLock { $0.comments += 1 }
            case "event": event.name = value
            case "id": event.id = value
            case "data": data.append(value)
            case "retry": counted.withLock { $0.retry = Int(value) }
            default: throw TestFailure("not a field of an event: \(line)")
            }
        }
        guard !data.isEmpty else { return nil }
        event.data = data.joined(separator: "\n")
        return event
    }
}
