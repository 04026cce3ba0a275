import EventLoop
import HTTPTypes

extension Connection: StreamCarrier {
    var isFinishing: Bool { group.isFinishing }
    var inboundCapacity: Int { group.configuration.maximumPendingInput }
    var isOutputFull: Bool { output.count >= group.configuration.maximumPendingOutput }

    // MARK: In

    /// Takes input for the reader of the present stream.
    func receiveInbound(_ range: Range<Int>) {
        if backlogCount == 0 {
            fresh = range
            feedInbound()
            if !isClosed, !fresh.isEmpty { keep(fresh) }
            fresh = 0..<0
        } else {
            keep(range)
            feedInbound()
        }
        if !isClosed { updateInterest() }
    }

    /// Hands what has come to the present stream, until it has enough.
    func feedInbound() {
        guard let inbound, !inbound.hasEnded, !isClosed else { return }
        if inbound.isRaw {
            if !inbound.isFull { inbound.push(takeRaw()) }
            if inputEnded, backlogCount == 0, fresh.isEmpty { inbound.finish() }
            return updateInterest()
        }
        while !inbound.isFull, !inbound.hasEnded {
            switch parse() {
            case .piece(let bytes):
                inbound.push(bytes)
            case .bodyEnded:
                inbound.finish()
            case .refused(let fault):
                group.metrics.parseFailed(ParseErrorKind(fault.status))
                inbound.fail(fault)
            default:
                if inputEnded {
                    group.metrics.parseFailed(.incomplete)
                    inbound.fail(.malformed("The request is not complete."))
                }
                return updateInterest()
            }
        }
        updateInterest()
    }

    private func takeRaw() -> [UInt8] {
        if !fresh.isEmpty {
            let bytes = Array(group.scratch[fresh])
            fresh = 0..<0
            return bytes
        }
        let bytes = backlogStart == 0 ? backlog : Array(backlog[backlogStart...])
        backlog = []
        backlogStart = 0
        return bytes
    }

    func queueContinue() {
        group.lendOutput(&output.open)
        output.appendContinue()
    }

    /// Asks for the body, now that somebody reads it.
    func sendContinue() {
        guard outbound == nil else { return }
        queueContinue()
        flushLater()
    }

    // MARK: Out

    func queue(_ bytes: [UInt8], asChunk isChunk: Bool) {
        group.lendOutput(&output.open)
        output.append(bytes, asChunk: isChunk)
    }

    /// What follows the head of a reply that is not known whole; whether the connection can be used for another request.
    func goOn(with continuation: ResponseContinuation, isHTTP11: Bool) async -> Bool {
        flushLater()
        let isChunked = isHTTP11 && continuation.isBody
        let outbound = OutboundStream(on: self, isChunked: isChunked)
        self.outbound = outbound
        defer {
            outbound.end()
            self.outbound = nil
        }
        do {
            switch continuation.kind {
            case .body(let write):
                try await write(outbound)
                if isChunked, !isClosed { queue([], asChunk: true) }
                return isChunked
            case .otherProtocol(let serve):
                let inbound = InboundStream(on: self, isRaw: true, pace: group.times.bodyPace(from: 0))
                self.inbound = inbound
                try await serve(inbound, outbound)
                return false
            }
        } catch {
            // The client must not take what it has for the whole.
            close()
            return false
        }
    }
}
