/// The streams of the request that a connection is working on.
struct RequestStreams {
    /// The body of the request, where it is streamed; all input, where the connection speaks another protocol.
    private(set) var inbound: InboundStream?
    /// The response, where it is streamed.
    private(set) var outbound: OutboundStream?

    /// Whether a stream takes what the client sends.
    var takesInput: Bool { inbound?.hasEnded == false }
    /// Whether the reader of the stream has enough.
    var isFull: Bool { inbound?.isFull == true }
    /// Whether what the client sends comes behind a streamed response, rather than belonging to it.
    var isBehindResponse: Bool { outbound != nil && inbound?.isRaw != true && !takesInput }
    /// What is kept for the client, in bytes.
    var heldBytes: Int { inbound?.held ?? 0 }

    /// The body of the request is streamed from now on.
    mutating func begin(_ stream: InboundStream) { inbound = stream }

    /// The response is streamed from now on.
    mutating func begin(_ stream: OutboundStream) { outbound = stream }

    /// Ends the stream of the response.
    mutating func endResponse() {
        outbound?.end()
        outbound = nil
    }

    /// Ends the stream of the request; whether its body was read to its end, or was not streamed.
    mutating func endRequest() -> Bool {
        defer { inbound = nil }
        return inbound?.isWhole ?? true
    }

    /// The stream of a body whose client is too slow, where there is one.
    func late(at now: UInt64) -> InboundStream? {
        guard let inbound, !inbound.isRaw, !inbound.hasEnded, inbound.isLate(at: now) else { return nil }
        return inbound
    }

    /// The connection is gone.
    func cancel() {
        inbound?.cancel()
        outbound?.end()
    }
}
