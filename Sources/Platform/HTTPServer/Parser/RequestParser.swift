/// Reads HTTP/1.1 requests from a byte stream that arrives in pieces of any size (RFC 9112).
///
/// A value without socket or clock. It looks at each byte once, and judges the lines in the order of the bytes. So the verdict does
/// not depend on how the bytes are split, and a wrong line is refused before the next one has arrived. Where sender and receiver
/// could disagree on the end of a message, the parser refuses it.
package struct RequestParser {
    /// The result of a look at the input.
    package enum Step {
        /// The input is used up, and the request is not complete.
        case incomplete
        /// A head is complete, and a body follows. The caller may set ``bodyLimit`` and ``streamsBody`` now.
        case announced(RequestHead)
        /// The client waits for a 100 (Continue) before it sends the body (RFC 9110 §10.1.1).
        case continueExpected
        case complete(ParsedRequest)
        /// A request whose body follows in pieces, since ``streamsBody`` is set. Its own `body` is empty.
        case begun(ParsedRequest)
        /// The next bytes of a streamed body, at least one.
        case piece([UInt8])
        /// A streamed body is complete.
        case bodyEnded
        /// What follows cannot be trusted. Every later step returns the same.
        case refused(RequestError)
    }

    /// How far the current request has come.
    enum Phase { case idle, head, body }

    private enum State {
        case head
        case announced(BodyFraming)
        case body
        /// A streamed body is complete, and its last piece was returned.
        case ended
        case failed(RequestError)
    }

    /// The largest body of the current request. Each request begins with that of the parser's limits.
    package var bodyLimit: Int
    /// Whether the body of the current request is returned in pieces. Each request begins with false.
    package var streamsBody = false

    private let limits: HTTPLimits
    private var state = State.head
    private var headReader = HeadReader()
    private var bodyReader = BodyReader()
    /// The head of a request whose body is being read.
    private var head: RequestHead?
    /// Whether the request that was refused is a HEAD.
    private var refusedHead = false

    /// A parser before its first request.
    package init(limits: HTTPLimits) {
        self.limits = limits
        bodyLimit = limits.body
    }

    var phase: Phase {
        guard case .head = state else { return .body }
        return headReader.isIdle ? .idle : .head
    }

    /// How much of the body has arrived.
    var bodyBytes: Int { bodyReader.count }

    /// What is kept of an incomplete request, in bytes. The head stays until the body is complete, and may be the larger of both.
    var heldBytes: Int {
        bodyReader.heldBytes + headReader.heldBytes + (head?.keptBytes ?? headReader.builder.keptBytes)
    }

    /// Whether a refusal of the current request answers HEAD, as far as the bytes tell. Such a response has no content
    /// (RFC 9110 §9.3.2), whatever else is wrong with the request.
    var answersHead: Bool {
        if case .failed = state { return refusedHead }
        return headReader.isHead([UInt8]().span, 0)
    }

    /// Reads on in `input` from `position`, and moves `position` past what it has used.
    ///
    /// Call it again with the rest of the same input until it returns ``Step/incomplete``.
    package mutating func next(_ input: Span<UInt8>, from position: inout Int) -> Step {
        do throws(RequestError) {
            return try advance(input, &position)
        } catch {
            refusedHead = headReader.isHead(input, position)
            fail(error)
            return .refused(error)
        }
    }

    private mutating func advance(_ input: Span<UInt8>, _ position: inout Int) throws(RequestError) -> Step {
        while true {
            switch state {
            case .head:
                guard let (head, framing) = try headReader.read(input, &position, limits) else { return .incomplete }
                if framing == .none { return complete(head) }
                self.head = head
                bodyLimit = limits.body
                streamsBody = false
                state = .announced(framing)
                return .announced(head)
            case .announced(let framing):
                try bodyReader.begin(framing, limit: bodyLimit, fields: headReader.fields)
                state = .body
                let awaitsContinue = headReader.builder.expectsContinue && position >= input.count
                if streamsBody, let head {
                    return .begun(
                        ParsedRequest(
                            head: head, body: [], keepsAlive: headReader.builder.keepsAlive, awaitsContinue: awaitsContinue))
                }
                if awaitsContinue { return .continueExpected }
            case .body:
                let isWhole = try bodyReader.read(input, &position, limits)
                if streamsBody {
                    if isWhole { state = .ended } else if bodyReader.isEmpty { return .incomplete }
                    if !bodyReader.isEmpty { return .piece(bodyReader.take()) }
                } else {
                    guard isWhole, let head else { return .incomplete }
                    return complete(head)
                }
            case .ended:
                reset()
                return .bodyEnded
            case .failed(let error):
                return .refused(error)
            }
        }
    }

    /// Returns the request, and prepares for the next one.
    private mutating func complete(_ head: RequestHead) -> Step {
        let request = ParsedRequest(head: head, body: bodyReader.take(), keepsAlive: headReader.builder.keepsAlive)
        reset()
        return .complete(request)
    }

    private mutating func reset() {
        state = .head
        headReader = HeadReader()
        bodyReader = BodyReader()
        head = nil
        streamsBody = false
    }

    /// Drops the current request, and reads none after it.
    mutating func abandon() {
        refusedHead = answersHead
        fail(.malformed("The rest is not read."))
    }

    private mutating func fail(_ error: RequestError) {
        state = .failed(error)
        headReader = HeadReader()
        bodyReader = BodyReader()
        head = nil
    }
}

/// A request that is complete, or whose body is streamed.
package struct ParsedRequest {
    package let head: RequestHead
    package let body: [UInt8]
    /// Whether the client wants to use the connection for further requests (RFC 9112 §9.3).
    package let keepsAlive: Bool
    /// Whether the client waits for a 100 (Continue) before it sends a streamed body.
    package var awaitsContinue = false
}
