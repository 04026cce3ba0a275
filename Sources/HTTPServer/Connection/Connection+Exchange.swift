import EventLoop
import HTTPTypes

extension Connection {
    /// How many requests a client may have answered in a row before others get their turn.
    private static let burst = 64

    /// Has the upcoming request answered, and those after it that are there.
    ///
    /// One task for all of them: it mostly ends before this returns, since a responder that finds its answer
    /// in memory does not suspend.
    func exchange() {
        isExchanging = true
        let task = loop.run { await self.answerAll() }
        // Unless another goes on in its place.
        guard isExchanging, exchangeTask == nil else { return }
        if isClosed { task.cancel() } else { exchangeTask = task }
    }

    /// Has a task of its own go on with what follows a head, and with the requests after that.
    ///
    /// A stream may last for hours, and a task keeps the room of the deepest calls that it has ever made: those of the handler
    /// that granted the stream are ten times what the stream needs.
    private func handOver(_ stream: PendingStream) {
        let task = loop.run {
            await self.send(stream)
            if !self.isClosed {
                self.upcoming = self.nextRequest()
                if self.upcoming != nil, self.exchangeTask != nil { self.flushLater() }
            }
            await self.answerAll()
        }
        guard isExchanging else { return }
        if isClosed { task.cancel() } else { exchangeTask = task }
    }

    private func answerAll() async {
        var inRow = 0
        while let request = upcoming {
            upcoming = nil
            if let stream = await answer(request) { return handOver(stream) }
            if isClosed { break }
            inRow += 1
            if inRow >= Self.burst {
                inRow = 0
                flush()
                await Task.yield()
                if isClosed { break }
            }
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

    /// What goes on after a head that is queued.
    private struct PendingStream {
        let continuation: ResponseContinuation
        let context: ReplyContext
    }

    /// Answers one request; what goes on after the head of its answer is for the caller to send.
    private func answer(_ parsed: ParsedRequest) async -> PendingStream? {
        let head = parsed.head
        let request = Request(
            head: head, body: parsed.body, stream: inbound, peer: peer, isEncrypted: tls != nil, received: loop.now, loop: loop)
        group.requestBegan()
        var response = await responder.respond(to: request)
        group.requestEnded()
        guard !isClosed else { return nil }
        served &+= 1
        if isHeadTooLarge(response) {
            let closes = response.closes
            response = responder.refuse(
                Refusal(
                    status: .internalServerError, reason: "The reply's header fields are too large.", received: request.received,
                    peer: peer))
            response.closes = closes
        }
        var context = ReplyContext(
            isHead: head.method == .head, isHTTP11: head.isHTTP11,
            closes: response.closes || !parsed.keepsAlive || group.isDraining || isLast)
        if let continuation = response.continuation, !context.isHead {
            // Without chunks the end of the connection is the end of the body (RFC 9112 §6.3).
            if !context.isHTTP11 { context.closes = true }
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
        response.headers.bytes.count + 192 > group.configuration.maximumReplyHead
    }
}
