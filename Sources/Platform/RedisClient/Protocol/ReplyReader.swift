import CHiredis

/// Turns the bytes of a connection into replies, with hiredis's reader and limits that it lacks.
final class ReplyReader {
    /// The longest simple string, error or number, in bytes.
    static let longestLine = 64 << 10
    /// How much is handed to the reader at once: it moves what it holds to the front after each
    /// kilobyte of replies, so a small portion is a cheap one.
    private static let portion = 16 << 10

    private let reader: UnsafeMutablePointer<redisReader>
    private let builder = ReplyBuilder()
    private let longestReply: Int
    /// Bytes of the reply that is not yet whole.
    private var unfinished = 0
    private var failure: RedisError?

    /// - Parameter longestReply: in bytes as sent.
    /// - Throws: `protocolViolation` where there is no memory.
    init(longestReply: Int) throws(RedisError) {
        guard let reader = redisReaderCreateWithFunctions(ReplyBuilder.functions) else {
            throw RedisError(.protocolViolation, "no memory for a reader")
        }
        self.reader = reader
        self.longestReply = longestReply
        reader.pointee.privdata = Unmanaged.passUnretained(builder).toOpaque()
    }

    deinit { redisReaderFree(reader) }

    /// Reads on, and hands over each reply that became whole, until `handle` returns false.
    /// - Throws: `protocolViolation`, from then on every time.
    func feed(_ bytes: UnsafeRawBufferPointer, _ handle: (RedisValue) -> Bool) throws(RedisError) {
        if let failure { throw failure }
        var rest = bytes[...]
        while !rest.isEmpty {
            let portion = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.portion))
            rest = rest.dropFirst(portion.count)
            guard redisReaderFeed(reader, portion.baseAddress, portion.count) == REDIS_OK else { throw fail() }
            unfinished += portion.count
            while let reply = try next() {
                unfinished = chiredis_held(reader)
                if !handle(reply) { return }
            }
            guard unfinished <= longestReply else { throw fail("a reply of more than \(longestReply) bytes") }
            guard chiredis_unfinished_line(reader) <= Self.longestLine else {
                throw fail("a line of more than \(Self.longestLine) bytes")
            }
        }
    }

    private func next() throws(RedisError) -> RedisValue? {
        var mark: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &mark) == REDIS_OK else { throw fail() }
        guard mark != nil else { return nil }
        guard let reply = builder.take() else { throw fail(ReplyBuilder.unasked) }
        return reply
    }

    private func fail(_ message: String? = nil) -> RedisError {
        let error = RedisError(.protocolViolation, message ?? builder.refusal ?? readerMessage)
        failure = error
        return error
    }

    private var readerMessage: String {
        withUnsafeBytes(of: reader.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
