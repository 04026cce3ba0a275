extension RequestParser {
    /// Where the line that `input` goes on with at `start` is over, its CRLF included; nil where that has not come.
    ///
    /// A line ends in CRLF and nothing else: those who also end it at a bare LF, or take a bare CR for a space,
    /// see other messages in the same bytes (RFC 9112 §2.2).
    func endOfLine(
        _ input: Span<UInt8>, from start: Int, limit: Int, excess: @autoclosure () -> RequestError
    ) throws(RequestError) -> Int? {
        let carried = held.isEmpty ? 0 : held.count - lineStart
        let available = input.count - start
        var carriageReturn = start - 1
        if carried == 0 || held.last != .carriageReturn {
            let room = max(0, limit - carried)
            let window = start + (room < available ? room + 1 : available)
            guard let control = input.firstControl(in: start..<window) else {
                if window - start > room { throw excess() }
                return nil
            }
            guard input[control] == .carriageReturn else {
                throw .malformed(
                    input[control] == .lineFeed ? "A line ends in LF without CR." : "There is a control character.")
            }
            carriageReturn = control
        }
        guard carriageReturn + 1 < input.count else { return nil }
        guard input[carriageReturn + 1] == .lineFeed else { throw .malformed("There is a CR without LF.") }
        return carriageReturn + 2
    }

    /// The next whole line of a chunked body, its CRLF taken off; nil where its end has not come.
    mutating func readLine(
        _ input: Span<UInt8>, _ position: inout Int, limit: Int, excess: @autoclosure () -> RequestError
    ) throws(RequestError) -> [UInt8]? {
        lineStart = 0
        guard let end = try endOfLine(input, from: position, limit: limit, excess: excess()) else {
            held.append(position..<input.count, of: input)
            position = input.count
            return nil
        }
        held.append(position..<end, of: input)
        position = end
        var line = held
        held = []
        line.removeLast(2)
        return line
    }

    /// How long the next field line may be.
    var fieldLineLimit: Int { min(limits.header, max(0, limits.headers - fieldBytes)) }

    static var fieldsTooLarge: RequestError {
        RequestError(.requestHeaderFieldsTooLarge, "The header fields are too large or too many.")
    }

    /// Counts a field line of so many bytes.
    mutating func count(fieldLine bytes: Int) throws(RequestError) {
        fieldCount += 1
        fieldBytes += bytes
        guard fieldCount <= limits.fields else { throw Self.fieldsTooLarge }
    }
}
