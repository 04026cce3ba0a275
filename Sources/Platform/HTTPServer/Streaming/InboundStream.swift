import DequeModule
import EventLoop

/// Bytes from a client as they arrive, with back-pressure: when the reader's buffer is full, the server stops reading from the socket,
/// and the client has to wait.
///
/// The body of a request, or all input of a connection that speaks another protocol. Confined to its loop; one reader.
package final class InboundStream {
    /// Whether the bytes are all input of a connection that no longer speaks HTTP, rather than a body.
    let isRaw: Bool
    private let loop: EventLoop
    /// The number of bytes that may wait for the reader.
    private let capacity: Int
    private weak var connection: (any StreamCarrier)?
    private var pieces = Deque<[UInt8]>()
    private var buffered = 0
    private var end: Result<Void, RequestError>?
    private var waiter: Promise<Void>?
    /// Whether the client waits for a 100 (Continue), which is sent with the first read (RFC 9110 §10.1.1).
    private var awaitsContinue: Bool
    private var waitedSince: UInt64 = 0
    private var waitedBefore: UInt64 = 0
    /// Measured in the time that the reader has waited for the client: the reader's own time does not count.
    private var pace: TransferPace
    private var arrived = 0
    /// The bytes that the reader keeps of what it has read, such as an incomplete message.
    package var retained = 0 {
        didSet { if retained != oldValue { connection?.recount() } }
    }

    init(on connection: any StreamCarrier, isRaw: Bool, awaitsContinue: Bool = false, pace: TransferPace) {
        self.pace = pace
        self.connection = connection
        self.isRaw = isRaw
        self.awaitsContinue = awaitsContinue
        loop = connection.loop
        capacity = connection.inboundCapacity
    }

    /// The next bytes, at least one; nil once there are no more.
    /// - Throws: ``RequestError`` when the rest is malformed, too large, too slow or will not arrive; `CancellationError` when the
    ///   client is gone; ``DeadlineExceededError`` after the task's ``Deadline``.
    package func next() async throws -> [UInt8]? {
        loop.assertInLoop()
        while true {
            if let piece = pieces.popFirst() {
                buffered -= piece.count
                connection?.feedInbound()
                return piece
            }
            if let end {
                try end.get()
                return nil
            }
            guard let connection, !connection.isClosed else { throw CancellationError() }
            if awaitsContinue {
                awaitsContinue = false
                connection.sendContinue()
            }
            connection.feedInbound()
            if pieces.isEmpty, end == nil { try await waitForMore() }
        }
    }

    private func waitForMore() async throws {
        let promise = Promise<Void>(on: loop)
        waiter = promise
        waitedSince = loop.now
        defer {
            waiter = nil
            waitedBefore &+= loop.now &- waitedSince
        }
        if let deadline = Deadline.current, !isRaw {
            try await promise.value(by: deadline)
        } else {
            try await promise.value()
        }
    }

    // MARK: The connection's side

    /// Whether as many bytes wait for the reader as may.
    var isFull: Bool { buffered >= capacity }
    /// Whether the last byte has arrived, or never will.
    var hasEnded: Bool { end != nil }
    /// Whether the stream arrived as a whole.
    var isWhole: Bool {
        if case .success = end { true } else { false }
    }

    /// The memory in use, in bytes.
    var held: Int { buffered + retained }

    /// Whether the client has let the reader wait for too long.
    func isLate(at now: UInt64) -> Bool { pace.isLate(at: waited(by: now)) }

    /// How long the reader has waited for the client by `now`, in nanoseconds.
    private func waited(by now: UInt64) -> UInt64 {
        waiter == nil || now < waitedSince ? waitedBefore : waitedBefore &+ (now - waitedSince)
    }

    func push(_ piece: [UInt8]) {
        guard end == nil, !piece.isEmpty else { return }
        pieces.append(piece)
        buffered += piece.count
        arrived &+= piece.count
        pace.reach(arrived, at: waited(by: loop.now))
        wake()
    }

    func finish() { settle(.success(())) }

    func fail(_ error: RequestError) { settle(.failure(error)) }

    /// The connection is closed.
    func cancel() {
        if end == nil { waiter?.fail(CancellationError()) }
    }

    private func settle(_ result: Result<Void, RequestError>) {
        guard end == nil else { return }
        end = result
        wake()
    }

    private func wake() { waiter?.succeed(()) }
}
