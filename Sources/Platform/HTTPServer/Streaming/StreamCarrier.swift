import EventLoop

/// A connection as its streams see it. Confined to its loop.
protocol StreamCarrier: AnyObject {
    var loop: EventLoop { get }
    /// Whether the connection is closed.
    var isClosed: Bool { get }
    /// Whether the server shuts down.
    var isFinishing: Bool { get }

    /// The number of bytes that may wait for a reader.
    var inboundCapacity: Int { get }
    /// Whether as many bytes wait for the client as may.
    var isOutputFull: Bool { get }

    /// Passes on what has arrived, as far as the reader has room.
    func feedInbound()
    /// Sends 100 (Continue).
    func sendContinue()
    /// Queues bytes, as a chunk (RFC 9112 §7.1) or as they are.
    func queue(_ bytes: [UInt8], asChunk isChunk: Bool)
    /// Sends what is queued at once.
    func flush()
    /// Sends what is queued at the end of the turn.
    func flushLater()
    /// Counts the memory that is kept for the client.
    func recount()
    /// Closes the connection at once.
    func close()
}
