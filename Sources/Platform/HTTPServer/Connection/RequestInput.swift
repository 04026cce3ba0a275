/// The bytes that a client has sent and the parser that reads them.
///
/// The loop reads into one buffer for all connections. Bytes that cannot be parsed at once are copied from there, because the next
/// connection overwrites the buffer.
struct RequestInput {
    private var parser: RequestParser
    /// What was copied and is not parsed yet, from `start` on.
    private var copied: [UInt8] = []
    private var start = 0
    /// The part of the loop's buffer that is not parsed yet. Empty unless the connection is reading.
    private var unread = 0..<0

    init(limits: HTTPLimits) { parser = RequestParser(limits: limits) }

    /// How far the current request has come.
    var phase: RequestParser.Phase { parser.phase }
    /// How much of the current body has arrived.
    var bodyBytes: Int { parser.bodyBytes }
    /// Whether a rejection of the current request answers HEAD, as far as the bytes tell.
    var answersHead: Bool { parser.answersHead }
    /// The number of bytes that were copied and are not parsed.
    var copiedCount: Int { copied.count - start }
    /// The number of bytes that are not parsed.
    var count: Int { copiedCount + unread.count }
    /// What is kept for the client, in bytes.
    var heldBytes: Int { parser.heldBytes + copied.capacity }

    /// Takes a part of the loop's buffer for the time of one read.
    mutating func begin(_ range: Range<Int>) { unread = range }

    /// Copies what is left of the loop's buffer, or drops it.
    mutating func end(keeping isKept: Bool, of buffer: [UInt8]) {
        guard !unread.isEmpty else { return }
        if isKept { copy(unread, of: buffer) }
        unread = 0..<0
    }

    /// Copies a part of the loop's buffer.
    mutating func copy(_ range: Range<Int>, of buffer: [UInt8]) {
        // Without this, the array would grow for ever behind a client that never lets it run empty.
        if start > 0, start >= copied.count / 2 {
            copied.removeSubrange(..<start)
            start = 0
        }
        copied.append(contentsOf: buffer[range])
    }

    /// Parses up to the next step.
    mutating func next(_ buffer: [UInt8]) -> RequestParser.Step {
        if !unread.isEmpty {
            var position = unread.lowerBound
            let step = parser.next(buffer.span.extracting(0..<unread.upperBound), from: &position)
            unread = position..<unread.upperBound
            return step
        }
        let bytes = copied
        let step = parser.next(bytes.span, from: &start)
        if start == bytes.count, !bytes.isEmpty { dropCopied() }
        return step
    }

    /// Takes all bytes without parsing them: the connection no longer speaks HTTP.
    private mutating func takeRaw(_ buffer: [UInt8]) -> [UInt8] {
        if !unread.isEmpty {
            defer { unread = 0..<0 }
            return Array(buffer[unread])
        }
        defer { dropCopied() }
        return start == 0 ? copied : Array(copied[start...])
    }

    /// Passes bytes to a stream until it has enough.
    /// - Parameter isEnded: whether the client sends no more.
    mutating func feed(_ stream: InboundStream, _ buffer: [UInt8], isEnded: Bool, _ metrics: ServerMetrics) {
        if stream.isRaw {
            if !stream.isFull { stream.push(takeRaw(buffer)) }
            if isEnded, count == 0 { stream.finish() }
            return
        }
        while !stream.isFull, !stream.hasEnded {
            switch next(buffer) {
            case .piece(let bytes): stream.push(bytes)
            case .bodyEnded: stream.finish()
            case .refused(let error):
                metrics.parseFailed(ParseErrorKind(error.status))
                stream.fail(error)
            default:
                guard isEnded else { return }
                metrics.parseFailed(.incomplete)
                return stream.fail(.malformed("The request is not complete."))
            }
        }
    }

    /// Sets how the body of the announced request is read.
    mutating func readBody(limit: Int, isStreamed: Bool) {
        parser.bodyLimit = limit
        parser.streamsBody = isStreamed
    }

    /// Drops the bytes that are not parsed.
    mutating func drop() {
        dropCopied()
        unread = 0..<0
    }

    /// Drops the current request too, and reads no further one.
    mutating func abandon() {
        parser.abandon()
        drop()
    }

    private mutating func dropCopied() {
        copied = []
        start = 0
    }
}
