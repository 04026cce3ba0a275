import CHiredis

/// A reply (Redis serialization protocol, RESP2).
package enum RedisValue: Equatable, Sendable {
    /// No such value: the nil bulk string and the nil array.
    case null
    case integer(Int64)
    /// A bulk string: any bytes.
    case string([UInt8])
    /// A simple string, such as `OK`.
    case status(String)
    /// An error of the command; its first word is its kind.
    case error(String)
    case array([RedisValue])
}

/// Parses the bytes of a connection into replies, with hiredis's reader and limits that it lacks.
final class ReplyReader {
    /// The longest simple string, error or number, in bytes.
    static let longestLine = 64 << 10
    /// How much the reader gets at once: it moves its buffer to the front after each kilobyte of replies, so small portions
    /// are cheap.
    private static let portion = 16 << 10

    private let reader: UnsafeMutablePointer<redisReader>
    private let builder = ReplyBuilder()
    private let maxReplyBytes: Int
    /// Bytes of the reply that is not yet complete.
    private var unfinished = 0
    private var failure: RedisError?

    /// - Parameter maxReplyBytes: in bytes as sent.
    /// - Throws: `protocolViolation` where there is no memory.
    init(maxReplyBytes: Int) throws(RedisError) {
        guard let reader = redisReaderCreateWithFunctions(ReplyBuilder.functions) else {
            throw RedisError(.protocolViolation, "no memory for a reader")
        }
        self.reader = reader
        self.maxReplyBytes = maxReplyBytes
        reader.pointee.privdata = Unmanaged.passUnretained(builder).toOpaque()
    }

    deinit { redisReaderFree(reader) }

    /// Reads on, and hands over each complete reply, until `handle` returns false.
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
            guard unfinished <= maxReplyBytes else { throw fail("a reply of more than \(maxReplyBytes) bytes") }
            guard chiredis_unfinished_line(reader) <= Self.longestLine else {
                throw fail("a line of more than \(Self.longestLine) bytes")
            }
        }
    }

    private func next() throws(RedisError) -> RedisValue? {
        var mark: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &mark) == REDIS_OK else { throw fail() }
        guard mark != nil else { return nil }
        guard let reply = builder.take() else { throw fail(ReplyBuilder.unexpectedType) }
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

/// Builds the value of a reply while hiredis's reader parses it.
///
/// The reader goes through nested arrays in order and depth first, so the builder needs only a stack of the arrays that are
/// not yet full, and one mark serves for all the objects that the reader wants.
final class ReplyBuilder {
    private struct Partial {
        var missing: Int
        var elements: [RedisValue]
    }

    /// The most values in one reply: each costs the sender four bytes, and this process many times that.
    static let mostValues = 1 << 20
    /// How deep arrays may nest; hiredis 1.x has no limit of its own.
    static let deepest = 7

    private var open: [Partial] = []
    private var values = 0
    private var whole: RedisValue?
    /// Why the builder stopped the reader, which itself reports a lack of memory then.
    private(set) var refusal: String?

    /// The reply, once the reader has completed it.
    func take() -> RedisValue? {
        defer {
            whole = nil
            values = 0
        }
        return whole
    }

    /// Adds a value; false to stop the reader.
    func add(_ value: RedisValue) -> Bool {
        values += 1
        guard values <= Self.mostValues else { return refuse("a reply of more than \(Self.mostValues) values") }
        var value = value
        while let last = open.indices.last {
            open[last].elements.append(value)
            open[last].missing -= 1
            guard open[last].missing == 0 else { return true }
            value = .array(open[last].elements)
            open.removeLast()
        }
        whole = value
        return true
    }

    func openArray(_ count: Int) -> Bool {
        if count <= 0 { return add(.array([])) }
        guard open.count < Self.deepest else { return refuse("arrays nested more than \(Self.deepest) deep") }
        // No capacity is reserved: the count is the sender's claim, and its elements have yet to arrive.
        open.append(Partial(missing: count, elements: []))
        return true
    }

    private func refuse(_ reason: String) -> Bool {
        refusal = reason
        return false
    }
}

extension ReplyBuilder {
    /// The reader's callbacks. It takes a null pointer for lack of memory, which ends the connection.
    // Safe: written once, before any reader exists, and only read by hiredis.
    nonisolated(unsafe) static let functions: UnsafeMutablePointer<redisReplyObjectFunctions> = {
        // Field by field: hiredis 1.x has more of them, for types of RESP3.
        var functions = redisReplyObjectFunctions()
        functions.createString = { task, bytes, count in
            ReplyBuilder.of(task)?.string(task?.pointee.type ?? 0, UnsafeRawBufferPointer(start: bytes, count: count))
        }
        functions.createArray = { task, count in
            guard let builder = ReplyBuilder.of(task) else { return nil }
            guard task?.pointee.type == REDIS_REPLY_ARRAY else { return mark(builder.refuse(unexpectedType)) }
            return mark(builder.openArray(Int(clamping: count)))
        }
        functions.createInteger = { task, integer in mark(ReplyBuilder.of(task)?.add(.integer(integer))) }
        functions.createNil = { task in
            guard let builder = ReplyBuilder.of(task) else { return nil }
            guard task?.pointee.type != REDIS_REPLY_NIL else { return mark(builder.refuse(unexpectedType)) }
            return mark(builder.add(.null))
        }
        functions.freeObject = { _ in }
        let pointer = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        pointer.initialize(to: functions)
        return pointer
    }()

    /// A type of RESP3, which the server may use only after a HELLO that the client never sends.
    static let unexpectedType = "a reply of a type that RESP2 lacks"

    private static func of(_ task: UnsafePointer<redisReadTask>?) -> ReplyBuilder? {
        guard let task, let builder = task.pointee.privdata else { return nil }
        return Unmanaged<ReplyBuilder>.fromOpaque(builder).takeUnretainedValue()
    }

    private static func mark(_ accepted: Bool?) -> UnsafeMutableRawPointer? {
        accepted == true ? UnsafeMutableRawPointer(bitPattern: 1) : nil
    }

    private func string(_ type: Int32, _ bytes: UnsafeRawBufferPointer) -> UnsafeMutableRawPointer? {
        switch type {
        case REDIS_REPLY_STRING:
            // The reader has the two bytes after the body, but does not check that they are the line's end.
            guard let end = bytes.baseAddress?.advanced(by: bytes.count),
                end.loadUnaligned(as: UInt8.self) == 0x0d,
                end.loadUnaligned(fromByteOffset: 1, as: UInt8.self) == 0x0a
            else { return Self.mark(refuse("a bulk string that is longer than it says")) }
            return Self.mark(add(.string([UInt8](bytes))))
        case REDIS_REPLY_STATUS: return Self.mark(add(.status(String(decoding: bytes, as: UTF8.self))))
        case REDIS_REPLY_ERROR: return Self.mark(add(.error(String(decoding: bytes, as: UTF8.self))))
        default: return Self.mark(refuse(Self.unexpectedType))
        }
    }
}
