/// How the end of a request's body is known (RFC 9112 §6.3).
enum BodyFraming: Equatable {
    case none
    /// The number of bytes, at least one.
    case length(Int)
    case chunked
}

/// Reads the body of one request, and takes off its transfer coding.
struct BodyReader {
    private enum State {
        case fixed(remaining: Int)
        case chunkLine
        case chunkData(remaining: Int)
        case chunkEnd(sawCarriageReturn: Bool)
        case trailers
    }

    private var state = State.chunkLine
    private var limit = 0
    private var fields = FieldBudget()
    private var extensionBytes = 0
    /// The line of a chunked body, as far as earlier input brought it.
    private var line: [UInt8] = []
    private var body: [UInt8] = []
    /// How much of the body has arrived.
    private(set) var count = 0

    /// Whether nothing has arrived since ``take()``.
    var isEmpty: Bool { body.isEmpty }
    /// What is kept, in bytes.
    var heldBytes: Int { line.capacity + body.capacity }

    /// Begins a body, unless its length is beyond the limit.
    /// - Parameter fields: what the head has used of the limits, which holds for the trailers too
    mutating func begin(_ framing: BodyFraming, limit: Int, fields: FieldBudget) throws(RequestError) {
        self.limit = limit
        self.fields = fields
        switch framing {
        case .length(let length):
            guard length <= limit else { throw Self.bodyTooLarge }
            state = .fixed(remaining: length)
        case .chunked, .none: state = .chunkLine
        }
    }

    /// Takes what has arrived.
    mutating func take() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &body)
        return taken
    }

    /// Reads on; whether the body is complete.
    mutating func read(
        _ input: Span<UInt8>, _ position: inout Int, _ limits: HTTPLimits
    ) throws(RequestError) -> Bool {
        while true {
            switch state {
            case .fixed(let remaining):
                let left = takeData(remaining, of: input, &position)
                state = .fixed(remaining: left)
                return left == 0
            case .chunkLine:
                // A chunk size has 15 digits at most. The 16th is refused for itself, not as an extension.
                let limit = 16 + max(0, limits.chunkExtensions - extensionBytes)
                guard let line = try readLine(input, &position, limit: limit, excess: Self.extensionsTooLong) else {
                    return false
                }
                try begin(ChunkHeader(line.span), limits)
            case .chunkData(let remaining):
                let left = takeData(remaining, of: input, &position)
                state = left == 0 ? .chunkEnd(sawCarriageReturn: false) : .chunkData(remaining: left)
                if left > 0 { return false }
            case .chunkEnd(let sawCarriageReturn):
                guard position < input.count else { return false }
                guard input[position] == (sawCarriageReturn ? .lineFeed : .carriageReturn) else {
                    throw .malformed("A chunk is longer than its size says, or does not end in CRLF.")
                }
                position += 1
                state = sawCarriageReturn ? .chunkLine : .chunkEnd(sawCarriageReturn: true)
            case .trailers:
                let limit = fields.lineLimit(limits)
                guard let line = try readLine(input, &position, limit: limit, excess: FieldBudget.exceeded) else { return false }
                if line.isEmpty { return true }
                try fields.count(line: line.count + 2, limits)
                // The form is checked, and the field is dropped: a trailer could change what the head was judged by
                // (RFC 9110 §6.5.1).
                _ = try HeadBuilder.field(0..<line.count, of: line.span)
            }
        }
    }

    private mutating func begin(_ chunk: ChunkHeader, _ limits: HTTPLimits) throws(RequestError) {
        extensionBytes += chunk.extensionBytes
        guard extensionBytes <= limits.chunkExtensions else { throw Self.extensionsTooLong }
        guard chunk.size > 0 else {
            state = .trailers
            return
        }
        guard chunk.size <= limit - count else { throw Self.bodyTooLarge }
        state = .chunkData(remaining: chunk.size)
    }

    /// Adds what has arrived of the next `remaining` bytes; how many are missing.
    private mutating func takeData(_ remaining: Int, of input: Span<UInt8>, _ position: inout Int) -> Int {
        let taken = min(remaining, input.count - position)
        guard taken > 0 else { return remaining }
        let range = position..<position + taken
        if body.isEmpty, taken == remaining {
            body = input.array(range)
        } else {
            // Memory grows with what has arrived, not with what was announced.
            if body.isEmpty { body.reserveCapacity(min(remaining, 64 << 10)) }
            body.append(range, of: input)
        }
        position += taken
        count += taken
        return remaining - taken
    }

    /// The next line without its CRLF; nil where its end has not arrived.
    private mutating func readLine(
        _ input: Span<UInt8>, _ position: inout Int, limit: Int, excess: @autoclosure () -> RequestError
    ) throws(RequestError) -> [UInt8]? {
        let end = try input.endOfLine(
            from: position, carried: line.count, endsInReturn: line.last == .carriageReturn, limit: limit, excess: excess())
        guard let end else {
            line.append(position..<input.count, of: input)
            position = input.count
            return nil
        }
        line.append(position..<end, of: input)
        position = end
        var whole = line
        line = []
        whole.removeLast(2)
        return whole
    }

    private static var extensionsTooLong: RequestError { .malformed("The chunk extensions are too long.") }
    private static var bodyTooLarge: RequestError { RequestError(.contentTooLarge, "The body is too large.") }
}
