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
        guard isExchanging else { return }
        if isClosed { task.cancel() } else { exchangeTask = task }
    }

    private func answerAll() async {
        var inRow = 0
        while let request = upcoming {
            upcoming = nil
            await answer(request)
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

    private func answer(_ parsed: ParsedRequest) async {
        let head = parsed.head
        let request = Request(
            head: head, body: parsed.body, stream: inbound, peer: peer, isEncrypted: tls != nil, received: loop.now, loop: loop)
        group.requestBegan()
        var response = await responder.respond(to: request)
        group.requestEnded()
        guard !isClosed else { return }
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
        guard response.continuation == nil || context.isHead else { return await stream(response, context) }
        // What is left of a body would be taken for the next request.
        if let inbound, !inbound.isWhole { context.closes = true }
        inbound = nil
        append(response, to: context)
        // The idle time begins with the reply.
        phaseBegan = loop.now
    }

    private func stream(_ response: Response, _ context: ReplyContext) async {
        guard let continuation = response.continuation else { return }
        var context = context
        // Without chunks the end of the connection is the end of the body (RFC 9112 §6.3).
        if !context.isHTTP11 { context.closes = true }
        group.lendOutput(&output.open)
        output.append(response, to: context, date: group.dateLine())
        let goesOn = await goOn(with: continuation, isHTTP11: context.isHTTP11)
        if let inbound, !inbound.isWhole { context.closes = true }
        inbound = nil
        phaseBegan = loop.now
        guard !isClosed, !goesOn || context.closes || group.isFinishing else { return }
        isLast = true
        upcoming = nil
    }

    /// Whether a reply is more than load balancers pass on, with room for what the server adds by itself.
    private func isHeadTooLarge(_ response: Response) -> Bool {
        response.headers.bytes.count + 192 > group.configuration.maximumReplyHead
    }
}
