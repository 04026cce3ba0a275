/// Reads HTTP/1.1 requests out of a byte stream that arrives in pieces of any size (RFC 9112).
///
/// A value without socket or clock. It looks at every byte once and judges line by line in the order of the
/// bytes, so that the same bytes get the same verdict however they are split, and a wrong line is refused
/// before the next has come. Where sender and receiver could disagree on where a message ends, it refuses.
package struct RequestParser {
    /// What came of a look at the input.
    package enum Step {
        /// The input is used up, and a request not complete.
        case incomplete
        /// A head is complete and a body follows; the moment to set ``bodyLimit`` and ``streamsBody``.
        case announced(RequestHead)
        /// The client waits for a 100 (Continue) before it sends the body (RFC 9110 §10.1.1).
        case continueExpected
        case complete(ParsedRequest)
        /// A request whose body is handed on as it comes, since ``streamsBody`` was set; its own `body` is empty.
        case begun(ParsedRequest)
        /// The next bytes of such a body, at least one.
        case piece([UInt8])
        /// Such a body is complete.
        case bodyEnded
        /// Nothing that follows can be trusted; every later step says the same.
        case refused(RequestError)
    }

    /// How far the present request has come.
    enum Phase { case idle, head, body }

    enum State {
        case requestLine, fields
        case announced(BodyFraming)
        case fixed(remaining: Int)
        case chunkLine
        case chunkData(remaining: Int)
        case chunkEnd(sawCarriageReturn: Bool)
        case trailers
        /// A streamed body is complete, and only its last piece has been handed on.
        case ended
        case failed(RequestError)
    }

    let limits: HTTPLimits
    /// How large the body of the present request may be; that of ``limits`` until set otherwise.
    package var bodyLimit: Int
    /// Whether the body of the present request is handed on as it comes rather than gathered; false until set.
    package var streamsBody = false
    var state = State.requestLine
    /// The head, or the line of a chunked body, as far as earlier input brought it.
    var held: [UInt8] = []
    /// Where the present line begins in the head; 0 in a body.
    var lineStart = 0
    var skippedEmptyLine = false
    /// Whether what was refused was a HEAD.
    private var isHead = false
    var builder = HeadBuilder()
    /// What field lines have used of the limits.
    var fieldBytes = 0
    var fieldCount = 0
    /// The head of a request whose body is being read.
    var head: RequestHead?
    var body: [UInt8] = []
    /// How much of the body has come.
    private(set) var bodyBytes = 0
    var extensionBytes = 0

    /// A parser before its first request.
    package init(limits: HTTPLimits) {
        self.limits = limits
        bodyLimit = limits.body
    }

    var phase: Phase {
        switch state {
        case .requestLine: held.isEmpty ? .idle : .head
        case .fields: .head
        default: .body
        }
    }

    /// Whether a refusal of what is being read, or was refused, answers HEAD as far as can be told: then it has no content
    /// (RFC 9110 §9.3.2), whatever else is wrong with the request.
    var answersHead: Bool {
        switch state {
        case .failed: isHead
        case .requestLine: Self.beginsWithHead(held, [UInt8]().span, 0)
        default: readsHead
        }
    }

    /// Whether the request line is read and was one of HEAD.
    private var readsHead: Bool { !isRequestLine && builder.method == .head }
    private var isRequestLine: Bool { if case .requestLine = state { true } else { false } }

    /// Whether a request line that is not read, `held` and what follows in `input`, begins with HEAD.
    private static func beginsWithHead(_ held: [UInt8], _ input: Span<UInt8>, _ position: Int) -> Bool {
        var index = 0
        for byte in "HEAD ".utf8 {
            let there = index < held.count ? held[index] : nil
            let place = position + index - held.count
            guard there == byte || (there == nil && place < input.count && input[place] == byte) else { return false }
            index += 1
        }
        return true
    }

    /// Reads on in `input` from `position`, which it moves past what it has used.
    ///
    /// To be called again, with the rest of the same input, until it says ``Step/incomplete``.
    package mutating func next(_ input: Span<UInt8>, from position: inout Int) -> Step {
        do throws(RequestError) {
            return try advance(input, &position)
        } catch {
            isHead = readsHead || (isRequestLine && Self.beginsWithHead(held, input, position))
            fail(error)
            return .refused(error)
        }
    }

    private mutating func advance(_ input: Span<UInt8>, _ position: inout Int) throws(RequestError) -> Step {
        while true {
            switch state {
            case .requestLine, .fields:
                guard let (head, framing) = try readHead(input, &position) else { return .incomplete }
                if framing == .none { return complete(head) }
                self.head = head
                bodyLimit = limits.body
                streamsBody = false
                state = .announced(framing)
                return .announced(head)
            case .announced(let framing):
                try begin(framing)
                let awaitsContinue = builder.expectsContinue && position >= input.count
                if streamsBody, let head {
                    return .begun(
                        ParsedRequest(head: head, body: [], keepsAlive: builder.keepsAlive, awaitsContinue: awaitsContinue))
                }
                if awaitsContinue { return .continueExpected }
            case .failed(let fault):
                return .refused(fault)
            case .fixed, .chunkLine, .chunkData, .chunkEnd, .trailers:
                let isWhole = try readBody(input, &position)
                if streamsBody {
                    if isWhole { state = .ended } else if body.isEmpty { return .incomplete }
                    if !body.isEmpty { return .piece(takeBody()) }
                } else {
                    guard isWhole, let head else { return .incomplete }
                    return complete(head)
                }
            case .ended:
                reset()
                return .bodyEnded
            }
        }
    }

    /// Hands the request on and is ready for the next.
    private mutating func complete(_ head: RequestHead) -> Step {
        let request = ParsedRequest(head: head, body: takeBody(), keepsAlive: builder.keepsAlive)
        reset()
        return .complete(request)
    }

    private mutating func takeBody() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &body)
        return taken
    }

    private mutating func reset() {
        state = .requestLine
        lineStart = 0
        skippedEmptyLine = false
        builder = HeadBuilder()
        fieldBytes = 0
        fieldCount = 0
        head = nil
        bodyBytes = 0
        streamsBody = false
        extensionBytes = 0
    }

    /// What is kept of a request that is not complete, in bytes.
    ///
    /// A head stays until its body is there, and may be the larger of both.
    var heldBytes: Int { held.capacity + body.capacity + (head?.keptBytes ?? builder.keptBytes) }

    /// Keeps nothing of the present request, and reads none after it.
    mutating func abandon() {
        isHead = answersHead
        fail(.malformed("The rest is not read."))
    }

    private mutating func fail(_ fault: RequestError) {
        state = .failed(fault)
        held = []
        body = []
        head = nil
        builder = HeadBuilder()
    }

    mutating func count(body bytes: Int) { bodyBytes += bytes }
}
