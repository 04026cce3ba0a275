import CSystem
import EventLoop
import Glibc
import HTTPTypes
import TLS

/// The connection of one client: reads its requests, has them answered one after another, and writes the responses.
///
/// Confined to its loop. What is ready at a wake-up is read, answered and written in that wake-up. A connection waits only for a
/// responder that suspends, or for a client that reads slowly.
final class Connection: DescriptorHandler {
    let peer: String
    /// The client that the peer counts as; nil where its connections are not counted.
    let client: String?
    let group: ConnectionGroup
    let responder: any Responder
    /// Its place in the group.
    var index = 0
    private(set) var isClosed = false
    /// Whether the last response is queued, or will be: what the client still sends is read and dropped.
    private(set) var isLast = false

    // Without dynamic exclusivity checks, which cost a tenth of a small request: the methods of these values call nothing that comes
    // back to the connection.
    @exclusivity(unchecked) private var socket: ClientSocket
    private let pipeline: RequestPipeline
    @exclusivity(unchecked) private var streams = RequestStreams()
    @exclusivity(unchecked) private var output = ResponseOutput()
    @exclusivity(unchecked) private var memory = HeldMemory()
    /// When the client closed its side, and when this side was closed, in nanoseconds of the monotonic clock.
    private var inputEnded: UInt64?
    private var outputEnded: UInt64?
    /// Whether requests wait until the client has accepted responses.
    private var isHeldBack = false
    private var isFlushScheduled = false

    init(
        descriptor: Int32, peer: String, client: String? = nil, group: ConnectionGroup, responder: any Responder,
        tls: TLSSession? = nil
    ) {
        socket = ClientSocket(descriptor, tls: tls)
        self.peer = peer
        self.client = client
        self.group = group
        self.responder = responder
        pipeline = RequestPipeline(limits: group.configuration.limits, acceptedAt: group.loop.now)
    }

    /// Starts watching; whether that succeeded.
    func begin() -> Bool { socket.watch(on: loop, self) }

    func descriptorReady(_ readiness: Readiness) {
        // Both sides are closed, or the connection was reset: nothing can be sent any more.
        if readiness.meets(EPOLLERR.rawValue | EPOLLHUP.rawValue) { return close() }
        if readiness.meets(EPOLLOUT.rawValue) {
            if socket.wantsToWrite { receive() }
            resume()
        }
        if readiness.meets(EPOLLIN.rawValue), !isClosed { receive() }
    }

    /// Ends the connection at once, and cancels the task that works for it.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        socket.close(on: loop)
        pipeline.cancel()
        streams.cancel()
        output = ResponseOutput()
        group.count(-memory.release())
        group.remove(self)
    }

    /// Derives the events to watch for from what the connection can use.
    private func updateInterest() {
        guard !isClosed else { return }
        recount()
        guard !isClosed else { return }
        let hasRoom = !isHeldBack && pipeline.copiedInput < inputLimit && !streams.isFull
        let reads = inputEnded == nil && (isLast || hasRoom)
        socket.watch(reading: reads, writing: !output.isEmpty, on: loop)
    }

    /// The number of copied bytes from which on the socket is not read.
    private var inputLimit: Int {
        streams.isBehindResponse
            ? group.configuration.maximumInputBehindStream : group.configuration.maximumPendingInput
    }

    // MARK: Input

    /// Reads once. The loop calls again while there is more, so a busy client leaves the others their turn.
    private func receive() {
        let limit = readLimit
        let count = group.scratch.withUnsafeMutableBytes { socket.receive(into: $0, limit: limit, group.metrics) }
        let error = errno
        if socket.isEncrypted { updateInterest() }
        guard count > 0 else {
            if count == 0 { return endOfInput() }
            if error != EAGAIN, error != EWOULDBLOCK, error != EINTR { close() }
            return
        }
        if isLast { return }
        if streams.takesInput {
            pipeline.receiveForStream(0..<count, on: self)
            updateInterest()
        } else if pipeline.isActive || isHeldBack || pipeline.copiedInput > 0 {
            pipeline.copy(0..<count, on: self)
            updateInterest()
        } else {
            pipeline.receive(0..<count, on: self)
            flush()
        }
    }

    /// How much to read. What follows the current request has to wait: in the kernel's memory beyond the limit.
    private var readLimit: Int {
        guard pipeline.isActive, !isLast, !streams.takesInput else { return .max }
        return max(1, inputLimit - pipeline.copiedInput)
    }

    private func endOfInput() {
        inputEnded = loop.now
        if outputEnded != nil { return close() }
        feedInbound()
        if !pipeline.isActive, !isHeldBack, !isLast { pipeline.endOfInput(on: self) }
        flush()
    }

    // MARK: Output

    private func send() {
        guard !output.isEmpty else { return }
        switch socket.send(&output, group) {
        case .drained: progressed()
        case .blocked: break
        case .failed: close()
        }
    }

    private var hasRoomAgain: Bool { output.count < group.configuration.maximumPendingOutput / 2 }

    /// Sends what waits, and continues with requests that were held back.
    private func resume() {
        guard !isClosed else { return }
        send()
        guard !isClosed else { return }
        if isHeldBack, hasRoomAgain {
            isHeldBack = false
            pipeline.proceed(on: self)
        }
        flush()
    }

}

// MARK: - The pipeline's side

extension Connection {
    var isEncrypted: Bool { socket.isEncrypted }
    /// Whether the client has closed its side.
    var hasInputEnded: Bool { inputEnded != nil }

    /// Whether another request may begin. If the client has to accept responses first, requests wait.
    func canBeginRequest() -> Bool {
        guard !isLast, !isClosed else { return false }
        guard isOutputFull else { return true }
        send()
        guard !isClosed else { return false }
        isHeldBack = isOutputFull
        return !isHeldBack
    }

    /// The body of the current request, where it is streamed.
    var bodyStream: InboundStream? { streams.inbound }

    /// What the client sends goes to a stream from now on: a body, or all of another protocol.
    func beginInputStream(isRaw: Bool, awaitsContinue: Bool = false) -> InboundStream {
        let pace = group.timeouts.bodyPace(from: 0)
        let stream = InboundStream(on: self, isRaw: isRaw, awaitsContinue: awaitsContinue, pace: pace)
        streams.begin(stream)
        return stream
    }

    func queueContinue() { output.appendContinue(group) }

    /// Queues a response. After one that closes the connection, no further request is answered.
    func queue(_ response: Response, in context: ResponseContext) {
        output.append(response, in: context, group)
        if context.closes { endAfterResponse() }
    }

    /// Queues the head of a response that is streamed.
    func queueHead(of response: Response, in context: ResponseContext) { output.append(response, in: context, group) }

    /// The current request is answered. Whether its body was read to its end.
    func endRequestStream() -> Bool { streams.endRequest() }

    /// Answers no request after the current one.
    func endAfterResponse() {
        isLast = true
        pipeline.forgetUpcoming()
    }

    /// Answers no request after the current one, and drops what the client still sends.
    func stopReading() {
        endAfterResponse()
        pipeline.dropInput()
    }

    /// Whether the client has sent more than it may behind a response that is streamed.
    var hasTooMuchBehindStream: Bool {
        // What belongs to a body that is still being read is not behind the response.
        !streams.takesInput && pipeline.unparsedInput > group.configuration.maximumInputBehindStream
    }

    func beginResponseStream(isChunked: Bool) -> OutboundStream {
        let stream = OutboundStream(on: self, isChunked: isChunked)
        streams.begin(stream)
        return stream
    }

    func endResponseStream() { streams.endResponse() }

    /// Closes this side once everything is sent, and reads on for a while: a reset would destroy the response.
    func finishOutput() {
        isLast = true
        guard output.isEmpty, outputEnded == nil else { return }
        outputEnded = loop.now
        if inputEnded != nil { return close() }
        socket.endOutput()
    }
}

// MARK: - The streams' side

extension Connection: StreamCarrier {
    var loop: EventLoop { group.loop }
    var isFinishing: Bool { group.isFinishing }
    var inboundCapacity: Int { group.configuration.maximumPendingInput }
    var isOutputFull: Bool { output.count >= group.configuration.maximumPendingOutput }

    func feedInbound() {
        guard let inbound = streams.inbound, !inbound.hasEnded, !isClosed else { return }
        pipeline.feed(inbound, on: self)
        updateInterest()
    }

    func sendContinue() {
        guard streams.outbound == nil else { return }
        queueContinue()
        flushLater()
    }

    func queue(_ bytes: [UInt8], asChunk isChunk: Bool) { output.append(bytes, asChunk: isChunk, group) }

    func flushLater() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.atTurnEnd {
            self.isFlushScheduled = false
            self.flush()
        }
    }

    /// Sends what is queued, as far as the client accepts it.
    func flush() {
        guard !isClosed else { return }
        send()
        guard !isClosed else { return }
        if output.isEmpty, isLast, !pipeline.isActive { finishOutput() }
        guard !isClosed else { return }
        updateInterest()
        // The client may have accepted everything since its requests were held back: then no wake-up would resume them.
        if hasRoomAgain { streams.outbound?.hasRoom() }
        if isHeldBack, hasRoomAgain {
            // On the next turn, so other clients get theirs.
            loop.schedule(after: .zero) { self.resume() }
        }
    }
}

// MARK: - The group's side

extension Connection {
    /// What is kept for the client and can be taken from it.
    private var claimable: Int { pipeline.heldInput + output.heldBytes + streams.heldBytes }

    var claim: BufferClaim { memory.claim(isClosed ? 0 : claimable) }

    /// Something was completed: what is kept from now on is kept for something else.
    func progressed() { memory.progressed(at: loop.now) }

    /// Counts the bytes of the request that is being answered.
    func holdRequest(bytes: Int) {
        memory.request = bytes
        recount()
    }

    func releaseRequest() { memory.request = 0 }

    func recount() {
        guard !isClosed else { return }
        let change = memory.update(claimable, at: loop.now)
        if change != 0 { group.count(change, for: self) }
    }

    /// Gives back memory when the process has none for the client. A request that is being answered goes on, and the input behind
    /// it is dropped; an incomplete request is rejected.
    func relieve() {
        guard !isClosed else { return }
        if output.isEmpty, !pipeline.isActive, !isLast {
            group.metrics.evicted(holding: pipeline.isReadingBody ? .body : .head)
            pipeline.abandon(RequestError(.serviceUnavailable, "There is no memory for the request at the moment."), on: self)
            return flush()
        }
        if output.isEmpty, pipeline.isActive, streams.outbound == nil, streams.inbound == nil {
            group.metrics.evicted(holding: .input)
            stopReading()
            return updateInterest()
        }
        group.metrics.evicted(holding: output.isEmpty ? .input : .replies)
        close()
    }

    /// When the connection became idle; nil while something is under way that would be lost with it.
    var idleSince: UInt64? {
        isWaiting && pipeline.copiedInput == 0 ? pipeline.clock.phaseBegan : nil
    }

    /// When a connection without a request became silent; nil while a request is being answered.
    var silentSince: UInt64? { pipeline.isActive || isClosed ? nil : outputEnded ?? pipeline.clock.phaseBegan }

    /// Whether the connection waits for the first byte of a request.
    private var isWaiting: Bool {
        !pipeline.isActive && output.isEmpty && pipeline.clock.phase == .idle && !isLast && !isClosed
    }

    /// Closes an idle connection when the server shuts down, and lets a streamed response come to its end. A connection that has
    /// never sent anything gets a moment to do so.
    func closeIfIdle() {
        streams.outbound?.serverFinishes()
        guard isWaiting else { return }
        // What has arrived by now is still answered.
        receive()
        if isWaiting, pipeline.served > 0 { close() }
    }

    /// Ends what has taken too long.
    func checkDeadlines(at now: UInt64) {
        guard !isClosed else { return }
        let timeouts = group.timeouts
        if let outputEnded {
            if RequestClock.hasPassed(timeouts.linger, since: outputEnded, at: now) { close() }
        } else if !output.isEmpty {
            guard output.isStalled(at: now, timeouts) else { return }
            group.metrics.timedOut(in: .write)
            close()
        } else if pipeline.isActive {
            if let late = streams.late(at: now) {
                group.metrics.timedOut(in: .body)
                late.fail(RequestError(.requestTimeout, Self.bodyTooSlow))
            } else if let inputEnded, !isLast, RequestClock.hasPassed(timeouts.halfClose, since: inputEnded, at: now) {
                // The task notices soon that it is cancelled. Its response may still be wanted.
                isLast = true
                pipeline.cancelTask()
            }
        } else {
            switch pipeline.overdue(at: now, finishBegan: group.finishBegan, timeouts) {
            case nil: break
            case .idle: close()
            case .head: timeOut(.head, "The request's head took too long.")
            case .body: timeOut(.body, Self.bodyTooSlow)
            }
        }
    }

    private static let bodyTooSlow = "The request's body came too slowly."

    private func timeOut(_ phase: ServerMetrics.Phase, _ reason: String) {
        group.metrics.timedOut(in: phase)
        pipeline.reject(RequestError(.requestTimeout, reason), on: self)
        flush()
    }
}

extension Readiness {
    /// Whether any of these bits is set. The generic `contains` is not specialised across modules.
    fileprivate func meets(_ bits: UInt32) -> Bool { rawValue & bits != 0 }
}
