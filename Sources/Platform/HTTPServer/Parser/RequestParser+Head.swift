extension RequestParser {
    /// The head, once its last line is there. A head that lies whole in one input is copied once, as a whole.
    mutating func readHead(
        _ input: Span<UInt8>, _ position: inout Int
    ) throws(RequestError) -> (RequestHead, BodyFraming)? {
        // Where the head's first byte is, if none of it came earlier.
        var entry = position
        while true {
            guard let end = try endOfHeadLine(input, from: position) else {
                held.append((held.isEmpty ? entry : position)..<input.count, of: input)
                position = input.count
                return nil
            }
            let framing: BodyFraming?
            if held.isEmpty {
                framing = try takeLine(lineStart..<end - 2 - entry, of: input.extracting(entry..<end))
                lineStart = end - entry
            } else {
                held.append(position..<end, of: input)
                let bytes = held
                framing = try takeLine(lineStart..<bytes.count - 2, of: bytes.span)
                lineStart = bytes.count
            }
            position = end
            if let framing {
                let bytes = held.isEmpty ? input.array(entry..<end) : held
                held = []
                return (
                    RequestHead(
                        bytes: bytes, method: builder.method, path: builder.target.path, query: builder.target.query,
                        fields: builder.fields, isHTTP11: builder.isHTTP11), framing
                )
            }
            if case .requestLine = state {
                // An empty line was skipped: the head begins after it.
                held = []
                lineStart = 0
                entry = position
            }
        }
    }

    private func endOfHeadLine(_ input: Span<UInt8>, from start: Int) throws(RequestError) -> Int? {
        if case .requestLine = state {
            return try endOfLine(input, from: start, limit: limits.requestLine, excess: requestLineTooLong(input, start))
        }
        return try endOfLine(input, from: start, limit: fieldLineLimit, excess: Self.fieldsTooLarge)
    }

    /// 501 where what is too long is the method, longer than any that is known (RFC 9112 §3), else 414.
    private func requestLineTooLong(_ input: Span<UInt8>, _ start: Int) -> RequestError {
        let tooLong = RequestError(.uriTooLong, "The request line is too long.")
        // Only of bytes that are there whenever the line is found to be too long, so that splits change nothing.
        guard limits.requestLine > HeadBuilder.longestMethod else { return tooLong }
        for index in 0...HeadBuilder.longestMethod {
            let byte: UInt8
            if index < held.count {
                byte = held[index]
            } else {
                let place = start + index - held.count
                guard place < input.count else { return tooLong }
                byte = input[place]
            }
            guard byte.isToken else { return tooLong }
        }
        return RequestError(.notImplemented, "This server does not know the method.")
    }

    /// Takes one line; how the body ends if it was the empty one at the head's end.
    private mutating func takeLine(
        _ line: Range<Int>, of bytes: Span<UInt8>
    ) throws(RequestError) -> BodyFraming? {
        if case .requestLine = state {
            if line.isEmpty {
                // Some clients end a body with a CRLF too many (RFC 9112 §2.2: "at least one"). A second one is refused: no
                // client is known to send it, and it would let a connection stay busy with nothing.
                guard !skippedEmptyLine else { throw .malformed("There are empty lines before the request line.") }
                skippedEmptyLine = true
                return nil
            }
            try builder.takeRequestLine(line, of: bytes)
            state = .fields
            return nil
        }
        if line.isEmpty { return try builder.finish(bytes) }
        try count(fieldLine: line.count + 2)
        try builder.takeField(line, of: bytes)
        return nil
    }
}
