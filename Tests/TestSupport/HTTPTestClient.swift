import Foundation
import Synchronization

/// An HTTP/1.1 client that keeps its connection, and connects again if the server closed the last one.
///
/// One request at a time: make one for each task. In an async function its calls suspend, elsewhere they block.
package final class HTTPTestClient: Sendable {
    private struct State: Sendable {
        var connection: HTTPTestConnection?
        var opened = 0
    }

    package let port: UInt16
    private let address: String
    private let seconds: Double
    private let state = Mutex(State())

    /// A client for one server; `seconds` is the time that a whole answer may take.
    package init(port: UInt16, address: String = "127.0.0.1", seconds: Double = 30) {
        self.port = port
        self.address = address
        self.seconds = seconds
    }

    /// How many connections it has made so far.
    package var connections: Int { state.withLock(\.opened) }

    /// Sends a request and waits for the answer.
    ///
    /// `Host` and, with a body, `Content-Length` are added where `headers` lacks them. Throws ``TestFailure`` where the
    /// connection breaks or time runs out; nothing is ever sent twice.
    package func request(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) throws -> HTTPTestResponse {
        var head = "\(method) \(path) HTTP/1.1\r\n"
        let given = Set(headers.map { $0.0.lowercased() })
        if !given.contains("host") { head += "Host: \(address):\(port)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body, !given.contains("content-length"), !given.contains("transfer-encoding") {
            head += "Content-Length: \(body.count)\r\n"
        }
        let message = Array((head + "\r\n").utf8) + (body ?? [])
        let deadline = Deadline(seconds: seconds)
        return try state.withLock { state in
            if let kept = state.connection {
                state.connection = nil
                if kept.isIdle {
                    return try Self.exchange(kept, message, method, deadline, &state)
                }
            }
            let fresh = HTTPTestConnection(try RawSocket(port: port, address: address, seconds: deadline.seconds))
            state.opened += 1
            return try Self.exchange(fresh, message, method, deadline, &state)
        }
    }

    /// Sends a body of JSON text.
    package func request(
        _ method: String, _ path: String, headers: [(String, String)] = [], json: String
    ) throws -> HTTPTestResponse {
        try request(method, path, headers: headers + [("Content-Type", "application/json")], body: Array(json.utf8))
    }

    /// Closes the kept connection.
    package func close() {
        state.withLock { $0.connection = nil }
    }

    private static func exchange(
        _ connection: HTTPTestConnection, _ message: [UInt8], _ method: String, _ deadline: Deadline, _ state: inout State
    ) throws -> HTTPTestResponse {
        // A server may answer and close before it has read everything (413): then the answer is what counts.
        let refused = Result { try connection.socket.send(message, seconds: deadline.seconds) }
        let response: HTTPTestResponse
        let reusable: Bool
        do {
            (response, reusable) = try connection.response(to: method, seconds: deadline.seconds)
        } catch {
            try refused.get()
            throw error
        }
        if reusable, case .success = refused { state.connection = connection }
        return response
    }
}
