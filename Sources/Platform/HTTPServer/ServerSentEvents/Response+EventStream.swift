import HTTPTypes

extension Response {
    /// A stream of Server-Sent Events; `write` sends what ``ServerSentEvent/bytes`` are, and ends the stream by returning.
    package static func eventStream(_ write: @escaping (OutboundStream) async throws -> Void) -> Response {
        var headers = HeaderBlock()
        headers.append(.contentType, "text/event-stream")
        // Neither kept nor held back: nginx and what is built on it gathers answers otherwise.
        headers.append(.cacheControl, "no-store")
        if let buffering = HTTPField.Name("X-Accel-Buffering") { headers.append(buffering, "no") }
        return .streamed(.ok, headers: headers, write)
    }
}
