/// Reads the head of one request: the request line and the field lines.
struct HeadReader {
    /// What the lines add up to.
    private(set) var builder = HeadBuilder()
    /// What the field lines have used of the limits.
    private(set) var fields = FieldBudget()

    private var isRequestLine = true
    /// The head as far as earlier input brought it.
    private var held: [UInt8] = []
    /// Where the current line begins in the head.
    private var lineStart = 0
    private var skippedEmptyLine = false

    /// Whether no byte has arrived.
    var isIdle: Bool { isRequestLine && held.isEmpty }

    /// The bytes of the head that are kept, without its fields.
    var heldBytes: Int { held.capacity }

    /// Whether the request is a HEAD, as far as the bytes tell: those that are held, and those of `input` from `position` on.
    func isHead(_ input: Span<UInt8>, _ position: Int) -> Bool {
        guard isRequestLine else { return builder.method == .head }
        var index = 0
        for byte in "HEAD ".utf8 {
            let there = index < held.count ? held[index] : nil
            let place = position + index - held.count
            guard there == byte || (there == nil && place < input.count && input[place] == byte) else { return false }
            index += 1
        }
        return true
    }

    /// Reads on; the head and the end of its body once the last line is there. A head that lies in one input is copied once, as a
    /// whole.
    mutating func read(
        _ input: Span<UInt8>, _ position: inout Int, _ limits: HTTPLimits
    ) throws(RequestError) -> (RequestHead, BodyFraming)? {
        // The place of the head's first byte, where none of it arrived earlier.
        var entry = position
        while true {
            guard let end = try endOfLine(input, from: position, limits) else {
                held.append((held.isEmpty ? entry : position)..<input.count, of: input)
                position = input.count
                return nil
            }
            let framing: BodyFraming?
            if held.isEmpty {
                framing = try takeLine(lineStart..<end - 2 - entry, of: input.extracting(entry..<end), limits)
                lineStart = end - entry
            } else {
                held.append(position..<end, of: input)
                let bytes = held
                framing = try takeLine(lineStart..<bytes.count - 2, of: bytes.span, limits)
                lineStart = bytes.count
            }
            position = end
            if let framing {
                let bytes = held.isEmpty ? input.array(entry..<end) : held
                held = []
                let head = RequestHead(
                    bytes: bytes, method: builder.method, path: builder.target.path, query: builder.target.query,
                    fields: builder.fields, isHTTP11: builder.isHTTP11)
                return (head, framing)
            }
            if isRequestLine {
                // An empty line was skipped: the head begins after it.
                held = []
                lineStart = 0
                entry = position
            }
        }
    }

    private func endOfLine(_ input: Span<UInt8>, from start: Int, _ limits: HTTPLimits) throws(RequestError) -> Int? {
        let carried = held.isEmpty ? 0 : held.count - lineStart
        let endsInReturn = carried > 0 && held.last == .carriageReturn
        if isRequestLine {
            return try input.endOfLine(
                from: start, carried: carried, endsInReturn: endsInReturn, limit: limits.requestLine,
                excess: requestLineTooLong(input, start, limits))
        }
        return try input.endOfLine(
            from: start, carried: carried, endsInReturn: endsInReturn, limit: fields.lineLimit(limits),
            excess: FieldBudget.exceeded)
    }

    /// 501 where the method is too long, longer than any known one (RFC 9112 §3), else 414.
    private func requestLineTooLong(_ input: Span<UInt8>, _ start: Int, _ limits: HTTPLimits) -> RequestError {
        let tooLong = RequestError(.uriTooLong, "The request line is too long.")
        // Looks only at bytes that have arrived whenever the line is found too long, so the verdict does not depend on splits.
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

    /// Takes one line. For the empty line at the end of the head, returns how the body ends.
    private mutating func takeLine(
        _ line: Range<Int>, of bytes: Span<UInt8>, _ limits: HTTPLimits
    ) throws(RequestError) -> BodyFraming? {
        if isRequestLine {
            if line.isEmpty {
                // Some clients end a body with one CRLF too many (RFC 9112 §2.2: "at least one"). No known client sends two, and
                // they could keep a connection busy with nothing.
                guard !skippedEmptyLine else { throw .malformed("There are empty lines before the request line.") }
                skippedEmptyLine = true
                return nil
            }
            try builder.takeRequestLine(line, of: bytes)
            isRequestLine = false
            return nil
        }
        if line.isEmpty { return try builder.finish(bytes) }
        try fields.count(line: line.count + 2, limits)
        try builder.takeField(line, of: bytes)
        return nil
    }
}

/// What the field lines of a request, trailers included, have used of the limits.
struct FieldBudget {
    private var bytes = 0
    private var lines = 0

    static var exceeded: RequestError {
        RequestError(.requestHeaderFieldsTooLarge, "The header fields are too large or too many.")
    }

    /// How long the next line may be.
    func lineLimit(_ limits: HTTPLimits) -> Int { min(limits.header, max(0, limits.headers - bytes)) }

    /// Counts a line of so many bytes.
    mutating func count(line count: Int, _ limits: HTTPLimits) throws(RequestError) {
        lines += 1
        bytes += count
        guard lines <= limits.fields else { throw Self.exceeded }
    }
}
