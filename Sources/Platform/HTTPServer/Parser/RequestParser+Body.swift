import HTTPTypes

extension RequestParser {
    /// Begins a body of the kind its head told of, unless that says already that it is too large.
    mutating func begin(_ framing: BodyFraming) throws(RequestError) {
        switch framing {
        case .length(let length):
            guard length <= bodyLimit else { throw Self.bodyTooLarge }
            state = .fixed(remaining: length)
        case .chunked, .none:
            state = .chunkLine
        }
    }

    /// Reads on in the body; whether it is complete.
    mutating func readBody(_ input: Span<UInt8>, _ position: inout Int) throws(RequestError) -> Bool {
        while true {
            switch state {
            case .fixed(let remaining):
                let left = takeData(remaining, of: input, &position)
                state = .fixed(remaining: left)
                return left == 0
            case .chunkLine:
                // 15 digits are all that a chunk size can use; the 16th is refused for itself, not as an extension.
                let limit = 16 + max(0, limits.chunkExtensions - extensionBytes)
                guard
                    let line = try readLine(
                        input, &position, limit: limit, excess: Self.extensionsTooLong)
                else { return false }
                try begin(ChunkHeader(line.span))
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
                guard
                    let line = try readLine(
                        input, &position, limit: fieldLineLimit, excess: Self.fieldsTooLarge)
                else { return false }
                if line.isEmpty { return true }
                try count(fieldLine: line.count + 2)
                // Read for its form, then dropped: a trailer that were merged could change what the head
                // was judged by (RFC 9110 §6.5.1).
                _ = try HeadBuilder.field(0..<line.count, of: line.span)
            default:
                return false
            }
        }
    }

    private mutating func begin(_ chunk: ChunkHeader) throws(RequestError) {
        extensionBytes += chunk.extensionBytes
        guard extensionBytes <= limits.chunkExtensions else { throw Self.extensionsTooLong }
        guard chunk.size > 0 else {
            state = .trailers
            return
        }
        guard chunk.size <= bodyLimit - bodyBytes else { throw Self.bodyTooLarge }
        state = .chunkData(remaining: chunk.size)
    }

    /// Adds what there is of the next `remaining` bytes to the body; how many are still to come.
    private mutating func takeData(_ remaining: Int, of input: Span<UInt8>, _ position: inout Int) -> Int {
        let taken = min(remaining, input.count - position)
        guard taken > 0 else { return remaining }
        let range = position..<position + taken
        if body.isEmpty, taken == remaining {
            body = input.array(range)
        } else {
            // Memory grows with what has come, not with what was announced.
            if body.isEmpty { body.reserveCapacity(min(remaining, 64 << 10)) }
            body.append(range, of: input)
        }
        position += taken
        count(body: taken)
        return remaining - taken
    }

    static var extensionsTooLong: RequestError { .malformed("The chunk extensions are too long.") }
    static var bodyTooLarge: RequestError { RequestError(.contentTooLarge, "The body is too large.") }
}
