import EventLoop
import Glibc
import HTTPTypes
import TLS

extension Connection {
    var backlogCount: Int { backlog.count - backlogStart }

    /// Reads once: the loop asks again while there is more, so that one busy client leaves the others their turn.
    func receive() {
        let count =
            tls.map(readEncrypted)
            ?? group.scratch.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, min($0.count, room), 0) }
        guard count > 0 else {
            if count == 0 { return endOfInput() }
            if errno != EAGAIN, errno != EWOULDBLOCK, errno != EINTR { close() }
            return
        }
        if isLast { return }
        if inbound?.hasEnded == false { return receiveInbound(0..<count) }
        guard !isExchanging, !isHeldBack, backlogCount == 0 else {
            keep(0..<count)
            return updateInterest()
        }
        fresh = 0..<count
        proceed()
        if !fresh.isEmpty {
            // The rest of the scratch buffer would be overwritten by the next to read.
            if !isClosed, !isLast { keep(fresh) }
            fresh = 0..<0
        }
        guard !isClosed else { return }
        flush()
    }

    /// How much to read: what follows a request under way has to wait, and in the kernel's memory where it is more than may.
    private var room: Int {
        guard isExchanging, !isLast, inbound?.hasEnded != false else { return .max }
        return max(1, pendingLimit - backlogCount)
    }

    /// The same through the encryption, with results like those of recv(2).
    private func readEncrypted(_ tls: TLSSession) -> Int {
        let wasEstablished = tls.isEstablished
        let input = group.scratch.withUnsafeMutableBytes { tls.read(into: $0) }
        if !wasEstablished, tls.isEstablished { group.metrics.shookHands.increment() }
        updateInterest()
        switch input {
        case .bytes(let count): return count
        case .ended: return 0
        case .blocked: errno = EAGAIN
        case .failed:
            if !tls.isEstablished { group.metrics.failedToShakeHands.increment() }
            errno = ECONNRESET
        }
        return -1
    }

    /// Copies a part of the scratch buffer, for later.
    func keep(_ range: Range<Int>) {
        // A client that never lets the backlog run empty would else make it grow for ever.
        if backlogStart > 0, backlogStart >= backlog.count / 2 {
            backlog.removeSubrange(..<backlogStart)
            backlogStart = 0
        }
        backlog.append(contentsOf: group.scratch[range])
    }

    /// Begins the next request if it is complete, unless one is under way.
    func proceed() {
        guard !isExchanging, !isClosed else { return }
        upcoming = nextRequest()
        guard upcoming != nil else { return }
        exchange()
    }

    /// Parses what is there up to the next complete request; answers by itself what is no request.
    func nextRequest() -> ParsedRequest? {
        guard !isLast, !isClosed else { return nil }
        guard output.count < group.configuration.maximumPendingOutput || makeRoom() else { return nil }
        while true {
            switch parse() {
            case .incomplete:
                note(parser.phase)
                if phase == .body { bodyPace.reach(parser.bodyBytes, at: loop.now) }
                if inputEnded { endOfRequests() }
                return nil
            case .announced(let head):
                note(.body)
                if let refused = announce(head) { return refused }
            case .continueExpected:
                queueContinue()
            case .begun(let request):
                inbound = InboundStream(
                    on: self, isRaw: false, awaitsContinue: request.awaitsContinue, pace: group.times.bodyPace(from: 0))
                phase = .idle
                phaseBegan = loop.now
                return request
            case .piece, .bodyEnded:
                // Come to those alone who began a stream.
                return nil
            case .complete(let request):
                phase = .idle
                phaseBegan = loop.now
                return request
            case .refused(let fault):
                group.metrics.parseFailed(ParseErrorKind(fault.status))
                refuse(fault)
                return nil
            }
        }
    }

    /// Asks how the body that follows a head is to be read; the request where it is answered without.
    private func announce(_ head: RequestHead) -> ParsedRequest? {
        let request = makeRequest(head)
        let plan = responder.bodyPolicy(for: request)
        announced = request
        if plan.isUnread {
            parser.abandon()
            dropInput()
            phase = .idle
            return ParsedRequest(head: head, body: [], keepsAlive: false)
        }
        // What is gathered is kept, so the server's own limit holds for all of it.
        let most = group.configuration.limits.body
        parser.bodyLimit = plan.isStreamed ? plan.limit ?? most : min(plan.limit ?? most, most)
        parser.streamsBody = plan.isStreamed
        bodyPace = group.times.bodyPace(from: loop.now)
        bodyPatience = plan.deadline?.nanosecondsClamped ?? group.times.body
        return nil
    }

    private func makeRequest(_ head: RequestHead) -> Request {
        Request(head: head, body: [], peer: peer, isEncrypted: tls != nil, received: loop.now, loop: loop)
    }

    /// The request as it goes to the responder.
    func request(_ parsed: ParsedRequest) -> Request {
        progressed()
        let request = announced ?? makeRequest(parsed.head)
        announced = nil
        request.complete(body: parsed.body, stream: inbound, received: loop.now)
        return request
    }

    func parse() -> RequestParser.Step {
        if !fresh.isEmpty {
            let scratch = group.scratch
            var position = fresh.lowerBound
            let step = parser.next(scratch.span.extracting(0..<fresh.upperBound), from: &position)
            fresh = position..<fresh.upperBound
            return step
        }
        let bytes = backlog
        let step = parser.next(bytes.span, from: &backlogStart)
        if backlogStart == bytes.count, !bytes.isEmpty {
            backlog = []
            backlogStart = 0
        }
        return step
    }

    /// Remembers when a head or body began.
    private func note(_ new: RequestParser.Phase) {
        guard new != phase else { return }
        // On a new connection the head's time runs from when it was accepted.
        let isFirstHead = served == 0 && phase == .idle && new == .head
        phase = new
        if !isFirstHead { phaseBegan = loop.now }
    }

    private func endOfInput() {
        inputEnded = true
        inputEndedAt = loop.now
        if outputEnded { return close() }
        feedInbound()
        if !isExchanging, !isHeldBack, !isLast { endOfRequests() }
        if !isClosed { flush() }
    }

    /// The client sends no more: a request that is not complete never will be.
    private func endOfRequests() {
        if parser.phase == .idle {
            finishOutput()
        } else {
            group.metrics.parseFailed(.incomplete)
            refuse(.badRequest, "The request is not complete.")
        }
    }

    /// Answers in the place of the responder and reads no further request.
    func refuse(_ status: HTTPResponse.Status, _ reason: String) { refuse(RequestError(status, reason)) }

    func refuse(_ fault: RequestError) {
        guard !isLast, !isClosed else { return }
        let received = phase == .idle ? loop.now : phaseBegan
        let refusal = RejectedRequest(fault, received: received, peer: peer)
        let response = responder.reject(refusal)
        append(response, to: ReplyContext(isHead: parser.answersHead, closes: true))
    }
}
