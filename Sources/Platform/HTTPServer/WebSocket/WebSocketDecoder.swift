/// Reads a client's frames from a byte stream that arrives in pieces of any size, and joins fragments to messages (RFC 6455 §5).
///
/// A value without socket or clock. It judges the bytes in their order, so the verdict does not depend on how they are split. It
/// refuses as early as possible: a header at its first wrong byte, a message that is too large at its header, a text at its first
/// byte that is not UTF-8.
package struct WebSocketDecoder: Sendable {
    /// The result of a look at the input.
    package enum Step: Sendable, Equatable {
        /// The input is used up.
        case incomplete
        case message(WebSocketMessage)
        case ping([UInt8])
        case pong([UInt8])
        /// The client sends no more. What follows is dropped.
        case close(WebSocketClose)
        /// What follows cannot be trusted. Every later step returns the same.
        case failed(WebSocketError)
    }

    private enum State: Sendable {
        case start
        case length
        /// This many bytes of the length are missing.
        case extendedLength(missing: Int, of: Int, value: UInt64)
        case maskingKey(missing: Int, value: UInt32)
        case payload(remaining: Int, mask: WebSocketMask)
        case closed
        case failed(WebSocketError)
    }

    /// The longest payload of a control frame (RFC 6455 §5.5).
    static let longestControl = 125

    /// The largest message in bytes, all fragments together.
    package let maximumMessage: Int
    /// The number of frames that have begun.
    package private(set) var frames = 0
    private var state = State.start
    // The current frame.
    private var opcode = WebSocketOpcode.continuation
    private var isFinal = false
    private var length = 0
    private var control: [UInt8] = []
    // The current message.
    private var isText: Bool?
    private var message: [UInt8] = []
    private var text = UTF8Validator()

    package init(maximumMessage: Int) { self.maximumMessage = max(0, maximumMessage) }

    /// What is kept of an incomplete message, in bytes.
    var held: Int { message.capacity }
    /// Whether a message has begun and not ended.
    package var isWithinMessage: Bool { isText != nil }

    /// Reads on in `input` from `position`, and moves `position` past what it has used.
    ///
    /// Call it again with the rest of the same input until it returns ``Step/incomplete``.
    package mutating func next(_ input: Span<UInt8>, from position: inout Int) -> Step {
        do throws(WebSocketError) {
            while true {
                switch state {
                case .closed:
                    position = input.count
                    return .incomplete
                case .failed(let fault): return .failed(fault)
                case .payload:
                    guard try readPayload(input, &position) else { return .incomplete }
                    if let step = try endFrame() { return step }
                default:
                    guard position < input.count else { return .incomplete }
                    let byte = input[position]
                    position += 1
                    try readHeader(byte)
                }
            }
        } catch {
            state = .failed(error)
            message = []
            control = []
            return .failed(error)
        }
    }

    // MARK: Header

    private mutating func readHeader(_ byte: UInt8) throws(WebSocketError) {
        switch state {
        case .start: try begin(byte)
        case .length: try readLength(byte)
        case .extendedLength(let missing, let size, let value):
            let value = value << 8 | UInt64(byte)
            if missing > 1 {
                // RFC 6455 §5.2: the most significant bit of the long form is 0.
                if missing == 8, byte & 0x80 != 0 { throw .framing("a length of more than 63 bits") }
                state = .extendedLength(missing: missing - 1, of: size, value: value)
            } else {
                guard value > (size == 2 ? 125 : 0xFFFF) else { throw .framing("a length in a longer form than it needs") }
                guard let length = Int(exactly: value) else { throw .tooLarge }
                try setLength(length)
            }
        case .maskingKey(let missing, let value):
            let value = value << 8 | UInt32(byte)
            state =
                missing > 1
                ? .maskingKey(missing: missing - 1, value: value) : .payload(remaining: length, mask: WebSocketMask(value))
        case .payload, .closed, .failed: break
        }
    }

    private mutating func begin(_ byte: UInt8) throws(WebSocketError) {
        frames &+= 1
        guard byte & 0x70 == 0 else { throw .framing("a reserved bit is set") }
        guard let opcode = WebSocketOpcode(rawValue: byte & 0x0F) else { throw .framing("a reserved opcode") }
        self.opcode = opcode
        isFinal = byte & 0x80 != 0
        switch opcode {
        case .close, .ping, .pong: guard isFinal else { throw .framing("a fragmented control frame") }
        case .continuation: guard isText != nil else { throw .framing("a continuation of nothing") }
        case .text, .binary:
            guard isText == nil else { throw .framing("a new message within another") }
            isText = opcode == .text
        }
        state = .length
    }

    private mutating func readLength(_ byte: UInt8) throws(WebSocketError) {
        guard byte & 0x80 != 0 else { throw .framing("a frame that is not masked") }
        let short = Int(byte & 0x7F)
        if opcode.isControl, short > Self.longestControl { throw .framing("a control frame that is too long") }
        if opcode == .close, short == 1 { throw .framing("a close code of one byte") }
        switch short {
        case 126: state = .extendedLength(missing: 2, of: 2, value: 0)
        case 127: state = .extendedLength(missing: 8, of: 8, value: 0)
        default: try setLength(short)
        }
    }

    private mutating func setLength(_ length: Int) throws(WebSocketError) {
        // message.count is never above the limit.
        if !opcode.isControl, length > maximumMessage - message.count { throw .tooLarge }
        self.length = length
        state = .maskingKey(missing: 4, value: 0)
    }

    // MARK: Payload

    /// Reads on in the payload; whether it is complete.
    private mutating func readPayload(_ input: Span<UInt8>, _ position: inout Int) throws(WebSocketError) -> Bool {
        guard case .payload(let remaining, var mask) = state else { return false }
        let count = min(remaining, input.count - position)
        if count > 0 {
            let piece = input.extracting(position..<position + count)
            position += count
            if opcode.isControl {
                Self.append(piece, to: &control, &mask)
            } else {
                Self.append(piece, to: &message, &mask)
                if isText == true, !isValidText(message.count - count) { throw .notUTF8 }
            }
            state = .payload(remaining: remaining - count, mask: mask)
        }
        return count == remaining
    }

    private static func append(_ piece: Span<UInt8>, to bytes: inout [UInt8], _ mask: inout WebSocketMask) {
        let start = bytes.count
        piece.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        bytes.withUnsafeMutableBytes { mask.apply(to: UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
    }

    private mutating func isValidText(_ start: Int) -> Bool {
        message.withUnsafeBytes { text.take(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    }

    /// The step of a complete frame; nil for a fragment that others follow.
    private mutating func endFrame() throws(WebSocketError) -> Step? {
        state = .start
        switch opcode {
        case .ping, .pong, .close:
            let payload = control
            control = []
            if opcode == .ping { return .ping(payload) }
            if opcode == .pong { return .pong(payload) }
            let close = try WebSocketClose(payload: payload)
            state = .closed
            message = []
            return .close(close)
        case .continuation, .text, .binary:
            guard isFinal else { return nil }
            guard text.isWhole else { throw .notUTF8 }
            let bytes = message
            message = []
            defer { isText = nil }
            return .message(isText == true ? .text(bytes) : .binary(bytes))
        }
    }
}

/// The key that masks a client's payload (RFC 6455 §5.3), rotated by the bytes that it was applied to.
struct WebSocketMask: Sendable {
    /// The four bytes of the key. The next one to apply is the lowest.
    private var key: UInt32

    /// - Parameter key: the four bytes as they arrived, the first one highest
    init(_ key: UInt32) { self.key = key.byteSwapped }

    /// Takes the mask off the next bytes, eight at a time.
    mutating func apply(to bytes: UnsafeMutableRawBufferPointer) {
        let wide = UInt64(key) | UInt64(key) << 32
        var index = 0
        while bytes.count - index >= 8 {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            bytes.storeBytes(of: (word ^ wide).littleEndian, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < bytes.count {
            bytes[index] ^= UInt8(truncatingIfNeeded: key)
            key = key >> 8 | key << 24
            index += 1
        }
    }
}
