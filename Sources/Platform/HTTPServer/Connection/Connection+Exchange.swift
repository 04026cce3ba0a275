import EventLoop
import HTTPTypes

extension Connection {
    /// How many requests a client may have answered in a row before others get their turn.
    private static let burst = 64

    /// Has the upcoming request answered, and those after it that are there.
    ///
    /// What the responder has at hand is answered here and now, and leaves with the caller's flush. From the first that is
    /// waited for, one task goes on with all of them.
    func exchange() {
        isExchanging = true
        var inRow = 0
        while let parsed = upcoming {
            guard inRow < Self.burst else { return goOn(yieldingFirst: true) }
            upcoming = nil
            let request = request(parsed)
            let response: Response
            switch responder.begin(request) {
            case .immediate(let answer): response = answer
            case .deferred(let answer): return goOn(with: Pending(parsed: parsed, request: request, answer: answer))
            }
            if let stream = take(response, to: parsed, request) { return handOver(stream) }
            if isClosed { break }
            inRow += 1
            upcoming = nextRequest()
        }
        isExchanging = false
    }

    /// A request whose answer is waited for.
    private struct Pending {
        let parsed: ParsedRequest
        let request: Request
        let answer: () async -> Response
    }

    /// Has a task go on with this request and those behind it.
    private func goOn(with first: Pending? = nil, yieldingFirst: Bool = false) {
        run { await self.answerAll(from: first, yieldingFirst: yieldingFirst) }
    }

    /// Has a task of its own go on with what follows a head, and with the requests after that.
    ///
    /// A stream may last for hours, and a task keeps the room of the deepest calls that it has ever made: those of the handler
    /// that granted the stream are ten times what the stream needs.
    private func handOver(_ stream: PendingStream) {
        run {
            await self.send(stream)
            if !self.isClosed {
                self.upcoming = self.nextRequest()
                if self.upcoming != nil, self.exchangeTask != nil { self.flushLater() }
            }
            await self.answerAll()
        }
    }

    /// Runs the task of an exchange, which mostly ends before this returns: what waits for nothing does not suspend.
    private func run(_ operation: @escaping () async -> Void) {
        let former = exchangeTask
        let task = loop.run(operation)
        guard isExchanging else { return }
        if isClosed { return task.cancel() }
        // Unless another goes on in its place by now.
        if exchangeTask == former { exchangeTask = task }
    }

    private func answerAll(from first: Pending? = nil, yieldingFirst: Bool = false) async {
        var pending = first
        var inRow = yieldingFirst ? Self.burst : 0
        while pending != nil || upcoming != nil {
            if inRow >= Self.burst {
                inRow = 0
                flush()
                await Task.yield()
                if isClosed { break }
            }
            if let stream = await answerNext(pending) { return handOver(stream) }
            pending = nil
            if isClosed { break }
            inRow += 1
            upcoming = nextRequest()
            // Woken by something else than the descriptor, nobody flushes for it; and the next may suspend.
            if upcoming != nil, exchangeTask != nil { flushLater() }
        }
        isExchanging = false
        if exchangeTask != nil {
            exchangeTask = nil
            // Not within a wake-up of the descriptor, which would flush by itself.
            if !isClosed { flush() }
        }
    }

    /// Answers a request that was begun, else the upcoming one; what goes on after the head is for the caller to send.
    private func answerNext(_ begun: Pending?) async -> PendingStream? {
        if let begun { return await wait(for: begun) }
        guard let parsed = upcoming else { return nil }
        upcoming = nil
        let request = request(parsed)
        switch responder.begin(request) {
        case .immediate(let response): return take(response, to: parsed, request)
        case .deferred(let answer): return await wait(for: Pending(parsed: parsed, request: request, answer: answer))
        }
    }

    private func wait(for pending: Pending) async -> PendingStream? {
        group.requestBegan()
        inHand = pending.request.body.count + pending.request.head.keptBytes
        recount()
        let response = await pending.answer()
        inHand = 0
        group.requestEnded()
        guard !isClosed else { return nil }
        return take(response, to: pending.parsed, pending.request)
    }

    /// What goes on after a head that is queued.
    private struct PendingStream {
        let continuation: ResponseContinuation
        let context: ReplyContext
    }

    /// Queues the answer to a request; what goes on after its head is for the caller to send.
    private func take(_ response: consuming Response, to parsed: ParsedRequest, _ request: Request) -> PendingStream? {
        let head = parsed.head
        served &+= 1
        if isHeadTooLarge(response) {
            let closes = response.closes
            response = responder.reject(
                RejectedRequest(
                    status: .internalServerError, reason: "The reply's header fields are too large.", received: request.received,
                    peer: peer))
            response.closes = closes
        }
        refusals = response.status.code == 429 ? refusals &+ 1 : 0
        let isRefusedTooOften =
            group.configuration.maximumRateLimitedResponses > 0 && refusals >= group.configuration.maximumRateLimitedResponses
        var context = ReplyContext(
            isHead: head.method == .head, isHTTP11: head.isHTTP11,
            closes: response.closes || isRefusedTooOften || !parsed.keepsAlive || group.isDraining || isLast)
        if let continuation = response.continuation, !context.isHead {
            // Without chunks the end of the connection is the end of the body (RFC 9112 §6.3).
            if !context.isHTTP11 { context.closes = true }
            // It may last for hours, and what is kept behind it as long. What belongs to the body that is still read is not behind it.
            if continuation.isBody, inbound?.hasEnded != false,
                backlogCount + fresh.count > group.configuration.maximumInputBehindStream
            {
                context.closes = true
                dropInput()
            }
            group.lendOutput(&output.open)
            output.append(response, to: context, date: group.dateLine())
            return PendingStream(continuation: continuation, context: context)
        }
        // What is left of a body would be taken for the next request.
        if let inbound, !inbound.isWhole { context.closes = true }
        inbound = nil
        append(response, to: context)
        // The idle time begins with the reply.
        phaseBegan = loop.now
        return nil
    }

    private func send(_ stream: PendingStream) async {
        var closes = stream.context.closes
        let goesOn = await goOn(with: stream.continuation, isHTTP11: stream.context.isHTTP11)
        if let inbound, !inbound.isWhole { closes = true }
        inbound = nil
        phaseBegan = loop.now
        guard !isClosed, !goesOn || closes || group.isFinishing else { return }
        isLast = true
        upcoming = nil
    }

    /// Whether a reply is more than load balancers pass on, with room for what the server adds by itself.
    private func isHeadTooLarge(_ response: Response) -> Bool {
        response.headers.bytes.count + 192 > group.configuration.maximumResponseHead
    }
}
