import EventLoop

/// A stream of bytes to a client, with back-pressure: a writer that is faster than the client has to wait.
///
/// The body of a response, or all output of a connection that speaks another protocol. Confined to its loop. Several tasks may write:
/// the bytes of one call stay together.
package final class OutboundStream {
    package let loop: EventLoop
    /// Whether the bytes are sent as chunks (RFC 9112 §7.1), or as they are.
    private let isChunked: Bool
    /// Nil once the stream is over.
    private var connection: (any StreamCarrier)?
    private var room: Promise<Void>?
    private var whenFinishing: (() -> Void)?

    init(on connection: any StreamCarrier, isChunked: Bool) {
        self.connection = connection
        self.isChunked = isChunked
        loop = connection.loop
    }

    /// Sends bytes at the end of the turn. Waits while more than ``ServerConfiguration/maximumPendingOutput`` bytes wait for the client.
    /// - Throws: `CancellationError` when the client is gone; ``DeadlineExceededError`` after the task's ``Deadline``.
    package func write(_ bytes: [UInt8]) async throws {
        loop.assertInLoop()
        guard let connection, !connection.isClosed else { throw CancellationError() }
        guard !bytes.isEmpty else { return }
        connection.queue(bytes, asChunk: isChunked)
        connection.flushLater()
        guard isFull else { return }
        connection.flush()
        guard isFull else { return }
        let promise = room ?? Promise<Void>(on: loop)
        room = promise
        if let deadline = Deadline.current {
            try await promise.value(by: deadline)
        } else {
            try await promise.value()
        }
    }

    /// Sends bytes without waiting, however many wait already: for the few that keep a connection alive, or end it.
    package func post(_ bytes: [UInt8]) {
        loop.assertInLoop()
        guard let connection, !connection.isClosed, !bytes.isEmpty else { return }
        connection.queue(bytes, asChunk: isChunked)
        connection.flushLater()
    }

    /// Closes the connection at once: the client is gone, or breaks the protocol.
    package func abort() {
        loop.assertInLoop()
        connection?.close()
    }

    /// Whether a ``write(_:)`` would wait: for writers that can skip data that is soon outdated.
    package var isFull: Bool {
        guard let connection else { return true }
        return connection.isOutputFull
    }

    /// Calls `body` once when the server shuts down: the last chance to send a closing message and return. At once if it is shutting
    /// down already.
    package func whenFinishing(_ body: @escaping () -> Void) {
        guard connection?.isFinishing == false else { return body() }
        whenFinishing = body
    }

    // MARK: The connection's side

    func serverFinishes() {
        let body = whenFinishing
        whenFinishing = nil
        body?()
    }

    /// The client has accepted what waited.
    func hasRoom() {
        room?.succeed(())
        room = nil
    }

    /// Nothing more can be written: the stream is over, or the connection is closed.
    func end() {
        connection = nil
        whenFinishing = nil
        room?.fail(CancellationError())
    }
}
