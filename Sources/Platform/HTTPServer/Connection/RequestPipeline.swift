import EventLoop
import HTTPTypes

/// Parses the requests of a connection, and answers them one after another.
///
/// Immediate responses need no task. From the first deferred one on, a task answers the requests until none is complete.
final class RequestPipeline {
    /// How many requests a client may have answered in a row before other clients get their turn.
    private static let burst = 64
    /// Room for the fields that the server adds to a head by itself.
    private static let ownFields = 192

    // Without dynamic exclusivity checks, as in ``Connection``.
    @exclusivity(unchecked) private var input: RequestInput
    @exclusivity(unchecked) private(set) var clock: RequestClock
    /// Whether a request is being answered.
    private(set) var isActive = false
    /// How many requests were answered.
    private(set) var served = 0
    /// A request whose body is being read, from its head on.
    private var announced: Request?
    /// A request that is parsed and not begun.
    @exclusivity(unchecked) private var upcoming: ParsedRequest?
    /// The task that answers requests, once it has suspended.
    private var task: Task<Void, Never>?
    /// How many responses in a row said 429 (Too Many Requests).
    private var rateLimited = 0

    /// A request whose response is deferred.
    private struct Deferred {
        let parsed: ParsedRequest
        let request: Request
        let respond: () async -> Response
    }

    /// What follows a head that is queued.
    private struct Continuation {
        let continuation: ResponseContinuation
        let context: ResponseContext
    }

    init(limits: HTTPLimits, acceptedAt now: UInt64) {
        input = RequestInput(limits: limits)
        clock = RequestClock(acceptedAt: now)
    }

    /// The connection is closed.
    func cancel() {
        cancelTask()
        task = nil
        announced = nil
        upcoming = nil
        input.drop()
    }

    /// Cancels the task that answers requests: the client is gone.
    func cancelTask() { task?.cancel() }

    // MARK: Input

    /// The number of bytes that were copied for later.
    var copiedInput: Int { input.copiedCount }
    /// The number of bytes that are not parsed.
    var unparsedInput: Int { input.count }
    /// What is kept of the input, in bytes.
    var heldInput: Int { input.heldBytes }
    /// Whether the current request is complete but for its body.
    var isReadingBody: Bool { input.phase == .body }

    /// Copies a part of the loop's buffer for later.
    func copy(_ range: Range<Int>, on connection: Connection) { input.copy(range, of: connection.group.scratch) }

    /// Answers the requests in a part of the loop's buffer, and copies the rest.
    func receive(_ range: Range<Int>, on connection: Connection) {
        input.begin(range)
        proceed(on: connection)
        input.end(keeping: !connection.isClosed && !connection.isLast, of: connection.group.scratch)
    }

    /// Passes a part of the loop's buffer to the current stream, and copies the rest.
    func receiveForStream(_ range: Range<Int>, on connection: Connection) {
        guard input.copiedCount == 0 else {
            copy(range, on: connection)
            return connection.feedInbound()
        }
        input.begin(range)
        connection.feedInbound()
        input.end(keeping: !connection.isClosed, of: connection.group.scratch)
    }

    /// Passes what has arrived to a stream until it has enough.
    func feed(_ stream: InboundStream, on connection: Connection) {
        let group = connection.group
        input.feed(stream, group.scratch, isEnded: connection.hasInputEnded, group.metrics)
    }

    /// Drops what has arrived.
    func dropInput() { input.drop() }

    /// Drops the incomplete request, and answers with the error.
    func abandon(_ error: RequestError, on connection: Connection) {
        input.abandon()
        announced = nil
        reject(error, on: connection)
    }

    /// The client sends no more: an incomplete request stays incomplete.
    func endOfInput(on connection: Connection) {
        guard input.phase != .idle else { return connection.finishOutput() }
        connection.group.metrics.parseFailed(.incomplete)
        reject(RequestError(.badRequest, "The request is not complete."), on: connection)
    }

    /// Answers in place of the responder's own handling, and reads no further request.
    func reject(_ error: RequestError, on connection: Connection) {
        guard !connection.isLast, !connection.isClosed else { return }
        let received = clock.phase == .idle ? connection.loop.now : clock.phaseBegan
        let response = connection.responder.reject(RejectedRequest(error, received: received, peer: connection.peer))
        connection.queue(response, in: ResponseContext(isHead: input.answersHead, closes: true))
    }

    /// The phase of the current request that has taken too long.
    func overdue(at now: UInt64, finishBegan: UInt64?, _ timeouts: ConnectionTimeouts) -> RequestParser.Phase? {
        clock.overdue(at: now, hasServed: served > 0, finishBegan: finishBegan, timeouts)
    }

    // MARK: Requests

    /// Answers the requests that are complete, unless one is being answered.
    func proceed(on connection: Connection) {
        guard !isActive, !connection.isClosed, let first = nextRequest(on: connection) else { return }
        answer(from: first, on: connection)
    }

    /// Parses up to the next complete request. Rejects by itself what is no request.
    private func nextRequest(on connection: Connection) -> ParsedRequest? {
        guard connection.canBeginRequest() else { return nil }
        let group = connection.group
        while true {
            switch input.next(group.scratch) {
            case .incomplete:
                note(input.phase, at: connection.loop.now)
                if clock.phase == .body { clock.bodyReached(input.bodyBytes, at: connection.loop.now) }
                if connection.hasInputEnded { endOfInput(on: connection) }
                return nil
            case .announced(let head):
                note(.body, at: connection.loop.now)
                if let unread = announce(head, on: connection) { return unread }
            case .continueExpected: connection.queueContinue()
            case .begun(let request):
                _ = connection.beginInputStream(isRaw: false, awaitsContinue: request.awaitsContinue)
                clock.becomeIdle(at: connection.loop.now)
                return request
            case .complete(let request):
                clock.becomeIdle(at: connection.loop.now)
                return request
            case .piece, .bodyEnded:
                // Only after `.begun`, and then ``feed(_:on:)`` parses.
                return nil
            case .refused(let error):
                group.metrics.parseFailed(ParseErrorKind(error.status))
                reject(error, on: connection)
                return nil
            }
        }
    }

    private func note(_ phase: RequestParser.Phase, at now: UInt64) {
        if phase != clock.phase { clock.note(phase, isFirst: served == 0, at: now) }
    }

    /// Prepares to read the body that follows a head as the responder wants it. Returns the request where its body is not read.
    private func announce(_ head: RequestHead, on connection: Connection) -> ParsedRequest? {
        let request = makeRequest(head, on: connection)
        announced = request
        let policy = connection.responder.bodyPolicy(for: request)
        if policy.isUnread {
            input.abandon()
            connection.stopReading()
            clock.skipBody()
            return ParsedRequest(head: head, body: [], keepsAlive: false)
        }
        // A gathered body is kept in memory, so the server's own limit holds for every route.
        let most = connection.group.configuration.limits.body
        input.readBody(
            limit: policy.isStreamed ? policy.limit ?? most : min(policy.limit ?? most, most), isStreamed: policy.isStreamed)
        clock.beginBody(at: connection.loop.now, timeout: policy.deadline, connection.group.timeouts)
        return nil
    }

    private func makeRequest(_ head: RequestHead, on connection: Connection) -> Request {
        let loop = connection.loop
        return Request(
            head: head, body: [], peer: connection.peer, isEncrypted: connection.isEncrypted, received: loop.now, loop: loop)
    }

    /// Answers a request and those behind it that are complete. Immediate responses leave with the caller's flush.
    private func answer(from first: ParsedRequest, on connection: Connection) {
        upcoming = first
        isActive = true
        var inRow = 0
        while let parsed = upcoming {
            guard inRow < Self.burst else { return continueInTask(on: connection, yieldingFirst: true) }
            upcoming = nil
            let request = request(for: parsed, on: connection)
            let response: Response
            switch connection.responder.begin(request) {
            case .immediate(let immediate): response = immediate
            case .deferred(let respond):
                return continueInTask(Deferred(parsed: parsed, request: request, respond: respond), on: connection)
            }
            if let rest = queue(response, to: parsed, request, on: connection) { return handOver(rest, on: connection) }
            if connection.isClosed { break }
            inRow += 1
            upcoming = nextRequest(on: connection)
        }
        isActive = false
    }

    /// Drops a request that is parsed and not begun.
    func forgetUpcoming() { upcoming = nil }

    private func request(for parsed: ParsedRequest, on connection: Connection) -> Request {
        connection.progressed()
        let request = announced ?? makeRequest(parsed.head, on: connection)
        announced = nil
        request.complete(body: parsed.body, stream: connection.bodyStream, received: connection.loop.now)
        return request
    }

    // MARK: Tasks

    private func continueInTask(_ first: Deferred? = nil, on connection: Connection, yieldingFirst: Bool = false) {
        run(on: connection) { await self.answerAll(from: first, on: connection, yieldingFirst: yieldingFirst) }
    }

    /// Starts a task for what follows a head, and for the requests after it.
    ///
    /// A stream may last for hours, and a task keeps the memory of its deepest calls. A new task does not keep that of the handler
    /// that began the stream, which is ten times what the stream needs.
    private func handOver(_ rest: Continuation, on connection: Connection) {
        run(on: connection) {
            await self.send(rest, on: connection)
            if !connection.isClosed {
                self.upcoming = self.nextRequest(on: connection)
                if self.upcoming != nil, self.task != nil { connection.flushLater() }
            }
            await self.answerAll(on: connection)
        }
    }

    /// Runs a task, which usually ends before this returns: without a suspension it runs to its end.
    private func run(on connection: Connection, _ operation: @escaping () async -> Void) {
        let former = task
        let new = connection.loop.run(operation)
        guard isActive else { return }
        if connection.isClosed { return new.cancel() }
        // Unless another task has taken over in the meantime.
        if task == former { task = new }
    }

    private func answerAll(
        from first: Deferred? = nil, on connection: Connection, yieldingFirst: Bool = false
    ) async {
        var begun = first
        var inRow = yieldingFirst ? Self.burst : 0
        while begun != nil || upcoming != nil {
            if inRow >= Self.burst {
                inRow = 0
                connection.flush()
                await Task.yield()
                if connection.isClosed { break }
            }
            if let rest = await answerNext(begun, on: connection) { return handOver(rest, on: connection) }
            begun = nil
            if connection.isClosed { break }
            inRow += 1
            upcoming = nextRequest(on: connection)
            // Outside a wake-up of the descriptor nothing else flushes, and the next request may suspend.
            if upcoming != nil, task != nil { connection.flushLater() }
        }
        isActive = false
        if task != nil {
            task = nil
            // A wake-up of the descriptor would flush by itself.
            if !connection.isClosed { connection.flush() }
        }
    }

    /// Answers a request that was begun, or the upcoming one. The caller sends what follows the head.
    private func answerNext(_ begun: Deferred?, on connection: Connection) async -> Continuation? {
        if let begun { return await finish(begun, on: connection) }
        guard let parsed = upcoming else { return nil }
        upcoming = nil
        let request = request(for: parsed, on: connection)
        switch connection.responder.begin(request) {
        case .immediate(let response): return queue(response, to: parsed, request, on: connection)
        case .deferred(let respond):
            return await finish(Deferred(parsed: parsed, request: request, respond: respond), on: connection)
        }
    }

    private func finish(_ begun: Deferred, on connection: Connection) async -> Continuation? {
        connection.group.requestBegan()
        connection.holdRequest(bytes: begun.request.body.count + begun.request.head.keptBytes)
        let response = await begun.respond()
        connection.releaseRequest()
        connection.group.requestEnded()
        guard !connection.isClosed else { return nil }
        return queue(response, to: begun.parsed, begun.request, on: connection)
    }

    // MARK: Responses

    /// Queues the response to a request. The caller sends what follows its head.
    private func queue(
        _ response: consuming Response, to parsed: ParsedRequest, _ request: Request, on connection: Connection
    ) -> Continuation? {
        let head = parsed.head
        let group = connection.group
        served &+= 1
        if response.headers.bytes.count + Self.ownFields > group.configuration.maximumResponseHead {
            let closes = response.closes
            response = connection.responder.reject(
                RejectedRequest(
                    status: .internalServerError, reason: "The reply's header fields are too large.", received: request.received,
                    peer: connection.peer))
            response.closes = closes
        }
        rateLimited = response.status.code == 429 ? rateLimited &+ 1 : 0
        let most = group.configuration.maximumRateLimitedResponses
        var context = ResponseContext(
            isHead: head.method == .head, isHTTP11: head.isHTTP11,
            closes: response.closes || (most > 0 && rateLimited >= most) || !parsed.keepsAlive || group.isDraining
                || connection.isLast)
        if let continuation = response.continuation, !context.isHead {
            // Without chunks the end of the connection is the end of the body (RFC 9112 §6.3).
            if !context.isHTTP11 { context.closes = true }
            // The response may last for hours, and the input behind it would be kept for as long.
            if continuation.isBody, connection.hasTooMuchBehindStream {
                context.closes = true
                connection.stopReading()
            }
            connection.queueHead(of: response, in: context)
            return Continuation(continuation: continuation, context: context)
        }
        // The rest of an unread body would be taken for the next request.
        if !connection.endRequestStream() { context.closes = true }
        connection.queue(response, in: context)
        clock.responded(at: connection.loop.now)
        return nil
    }

    /// Sends what follows a head.
    private func send(_ rest: Continuation, on connection: Connection) async {
        let isReusable = await stream(rest.continuation, isHTTP11: rest.context.isHTTP11, on: connection)
        let isWhole = connection.endRequestStream()
        clock.responded(at: connection.loop.now)
        guard !connection.isClosed else { return }
        if !isReusable || rest.context.closes || !isWhole || connection.isFinishing { connection.endAfterResponse() }
    }

    /// Runs the writer of a stream; whether the connection can be used for another request.
    private func stream(_ continuation: ResponseContinuation, isHTTP11: Bool, on connection: Connection) async -> Bool {
        connection.flushLater()
        let isChunked = isHTTP11 && continuation.isBody
        let outbound = connection.beginResponseStream(isChunked: isChunked)
        defer { connection.endResponseStream() }
        do {
            switch continuation.kind {
            case .body(let write):
                try await write(outbound)
                if isChunked, !connection.isClosed { connection.queue([], asChunk: true) }
                return isChunked
            case .otherProtocol(let serve):
                try await serve(connection.beginInputStream(isRaw: true), outbound)
                return false
            }
        } catch {
            // The client must not take what it has for the whole response.
            connection.close()
            return false
        }
    }
}
