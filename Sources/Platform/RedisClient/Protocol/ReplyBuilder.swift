import CHiredis

/// Builds the value while hiredis's reader walks over a reply.
///
/// The reader goes through nested arrays in order and depth first, so a stack of the arrays that are
/// not yet full is all there is to keep, and the objects it asks for can be one and the same mark.
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
    /// Why the reader was stopped; it knows no reason but lack of memory.
    private(set) var refusal: String?

    /// The reply, once the reader says that it is whole.
    func take() -> RedisValue? {
        defer {
            whole = nil
            values = 0
        }
        return whole
    }

    /// Whether the reader may go on.
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
        // Nothing is reserved: the count is the sender's word, its elements have yet to come.
        open.append(Partial(missing: count, elements: []))
        return true
    }

    private func refuse(_ reason: String) -> Bool {
        refusal = reason
        return false
    }
}

extension ReplyBuilder {
    /// What the reader calls. It takes a null pointer for lack of memory, which ends the connection.
    // Safe: written once, before any reader exists, and only read by hiredis.
    nonisolated(unsafe) static let functions: UnsafeMutablePointer<redisReplyObjectFunctions> = {
        // Field by field: hiredis 1.x has more of them, for types that Redis sends only when asked to.
        var functions = redisReplyObjectFunctions()
        functions.createString = { task, bytes, count in
            ReplyBuilder.of(task)?.string(task?.pointee.type ?? 0, UnsafeRawBufferPointer(start: bytes, count: count))
        }
        functions.createArray = { task, count in
            guard let builder = ReplyBuilder.of(task) else { return nil }
            guard task?.pointee.type == REDIS_REPLY_ARRAY else { return mark(builder.refuse(unasked)) }
            return mark(builder.openArray(Int(clamping: count)))
        }
        functions.createInteger = { task, integer in mark(ReplyBuilder.of(task)?.add(.integer(integer))) }
        functions.createNil = { task in
            guard let builder = ReplyBuilder.of(task) else { return nil }
            guard task?.pointee.type != REDIS_REPLY_NIL else { return mark(builder.refuse(unasked)) }
            return mark(builder.add(.null))
        }
        functions.freeObject = { _ in }
        let pointer = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        pointer.initialize(to: functions)
        return pointer
    }()

    /// A type of RESP3, which is spoken only after a HELLO that was never said.
    static let unasked = "a reply of a type that was not asked for"

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
            // The reader has the two bytes after the body, but doesn't look whether they are the line's end.
            guard let end = bytes.baseAddress?.advanced(by: bytes.count),
                end.loadUnaligned(as: UInt8.self) == 0x0d,
                end.loadUnaligned(fromByteOffset: 1, as: UInt8.self) == 0x0a
            else { return Self.mark(refuse("a bulk string that is longer than it says")) }
            return Self.mark(add(.string([UInt8](bytes))))
        case REDIS_REPLY_STATUS: return Self.mark(add(.status(String(decoding: bytes, as: UTF8.self))))
        case REDIS_REPLY_ERROR: return Self.mark(add(.error(String(decoding: bytes, as: UTF8.self))))
        default: return Self.mark(refuse(Self.unasked))
        }
    }
}
