import DequeModule
import EventLoop

/// Bytes from a client as they come, with back-pressure: what its reader does not take is, beyond a buffer, not read
/// from the socket either, so that the client has to wait.
///
/// A request's body, or all that is sent on a connection that speaks another protocol. Confined to its loop; one reader.
package final class InboundStream {
    /// Whether the bytes are a body, or what a connection carries that no longer speaks HTTP.
    let isRaw: Bool
    private let loop: EventLoop
    /// From how many bytes that wait for the reader the socket is left alone.
    private let capacity: Int
    private weak var connection: (any StreamCarrier)?
    private var pieces = Deque<[UInt8]>()
    private var buffered = 0
    private var end: Result<Void, RequestError>?
    private var waiter: Promise<Void>?
    /// Whether the client waits for a 100 (Continue), sent once somebody wants the body (RFC 9110 §10.1.1).
    private var awaitsContinue: Bool
    private var waitedSince: UInt64 = 0
    private var waitedBefore: UInt64 = 0
    /// In the time that the reader has waited for the client: what the reader itself takes does not count.
    private var pace: TransferPace
    private var arrived = 0
    /// What the reader keeps of what it has read, in bytes: such as a message that is not whole.
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
    /// - Throws: ``RequestError`` where the rest is malformed, too large, too slow or will not come;
    ///   `CancellationError` where the client is gone; ``DeadlineExceededError`` after the task's ``Deadline``.
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
            if pieces.isEmpty, end == nil { try await more() }
        }
    }

    private func more() async throws {
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

    /// Whether the reader has enough to read.
    var isFull: Bool { buffered >= capacity }
    /// Whether all has come, or will never.
    var hasEnded: Bool { end != nil }
    /// Whether all has come as it should.
    var isWhole: Bool {
        if case .success = end { true } else { false }
    }

    /// What is kept, in bytes.
    var held: Int { buffered + retained }

    /// Whether the client lets the reader wait for too long.
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

    func fail(_ fault: RequestError) { settle(.failure(fault)) }

    /// The connection is gone.
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
