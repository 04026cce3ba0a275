import EventLoop

/// What carries a stream's bytes: a connection, as far as its streams know it. Confined to its loop.
protocol StreamCarrier: AnyObject {
    var loop: EventLoop { get }
    /// Whether the client is gone.
    var isClosed: Bool { get }
    /// Whether the server ends.
    var isFinishing: Bool { get }

    /// From how many bytes that wait for a reader the socket is left alone.
    var inboundCapacity: Int { get }
    /// Whether as many bytes wait for the client as may.
    var isOutputFull: Bool { get }

    /// Hands over what has come, as far as the reader has room.
    func feedInbound()
    /// Sends 100 (Continue).
    func sendContinue()
    /// Adds bytes to what is to be sent, as a chunk (RFC 9112 §7.1) or as they are.
    func queue(_ bytes: [UInt8], asChunk isChunk: Bool)
    /// Sends what is queued now, or with all else that this turn brings.
    func flush()
    func flushLater()
    /// Counts anew what is kept for the client.
    func recount()
    /// Cuts the client off.
    func close()
}
