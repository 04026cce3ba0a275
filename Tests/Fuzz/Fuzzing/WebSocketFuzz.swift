import HTTPServer
import TestSupport

/// A client's WebSocket frames.
struct WebSocketFuzz: FuzzTarget {
    let name = "websocket"
    let pieces: [[UInt8]] =
        [
            WebSocketClientFrame(1, "text"), WebSocketClientFrame(1, "\u{E9}"), WebSocketClientFrame(1, [0xC3], isFinal: false),
            WebSocketClientFrame(0, [0xA9]),
            WebSocketClientFrame(2, [0, 0xFF], isFinal: false), WebSocketClientFrame(0, "more", isFinal: false),
            WebSocketClientFrame(0), WebSocketClientFrame(9, "ping"),
            WebSocketClientFrame(10), WebSocketClientFrame(8), WebSocketClientFrame(8, [0x03, 0xE8]),
            WebSocketClientFrame(8, [0x03, 0xED, 0x61]), WebSocketClientFrame(3),
            WebSocketClientFrame(1, key: nil), WebSocketClientFrame(1, reserved: 0x40),
            WebSocketClientFrame(2, [UInt8](repeating: 7, count: 126)),
            WebSocketClientFrame(2, lengthBytes: 8, length: 1 << 63), WebSocketClientFrame(2, "a", lengthBytes: 2),
        ].map(\.bytes) + [[0x81, 0xFE], [0x82, 0xFF], [0x80], [0x7F], [0xFF, 0xFF], [0, 0, 0, 0], [0xED, 0xA0, 0x80]]

    private static let limit = 512

    func check(_ input: [UInt8]) throws(FuzzFault) -> Int {
        var choice = Splitter(input)
        let whole = try Self.read([input[...]])
        let split = try Self.read(choice.pieces(input))
        try hold(whole == split, "whole: \(whole), split: \(split)")
        let plain = Self.readPlainly(input)
        try hold(whole.steps == plain, "\(whole.steps), by a plain reading \(plain)")
        // Any bytes at all, as a message in fragments with pings between, come out as they went in.
        let payload = Array(input.prefix(Self.limit))
        let isText = String(validating: payload, as: UTF8.self) != nil
        let read = try Self.read(choice.pieces(Self.encode(payload, isText: isText, &choice)))
        let messages = read.steps.filter { if case .message = $0 { true } else { false } }
        try hold(
            read.fault == nil && messages == [.message(isText ? .text(payload) : .binary(payload))],
            "written as frames and read again: \(read)")
        if !isText, payload.count == input.count {
            let text = try Self.read(choice.pieces(Self.encode(payload, isText: true, &choice)))
            try hold(text.fault?.code == .invalidData, "a text that is none: \(text)")
        }
        var hasher = Hasher()
        hasher.combine(whole.fault?.reason)
        hasher.combine(whole.steps.count)
        return hasher.finalize()
    }

    private struct Reading: Equatable {
        var steps: [WebSocketDecoder.Step] = []
        var fault: WebSocketError?
    }

    private static func read(_ pieces: [ArraySlice<UInt8>]) throws(FuzzFault) -> Reading {
        var decoder = WebSocketDecoder(maximumMessage: limit)
        var reading = Reading()
        for piece in pieces {
            let bytes = Array(piece)
            var position = 0
            input: while true {
                let before = position
                let step = decoder.next(bytes.span, from: &position)
                try hold(position >= before && position <= bytes.count, "a place beyond the input")
                switch step {
                case .incomplete:
                    try hold(position == bytes.count, "input left over")
                    break input
                case .failed(let fault):
                    reading.fault = fault
                    return reading
                default:
                    try hold(position > before, "something out of nothing")
                    reading.steps.append(step)
                }
            }
        }
        return reading
    }

    /// What whole frames say by the plainest reading of RFC 6455 §5, up to the first that is wrong or not whole.
    private static func readPlainly(_ input: [UInt8]) -> [WebSocketDecoder.Step] {
        var steps: [WebSocketDecoder.Step] = []
        var message: (isText: Bool, bytes: [UInt8])?
        var rest = input[...]
        func take(_ count: Int) -> [UInt8]? {
            guard count <= rest.count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        while let head = take(2) {
            let (isFinal, opcode) = (head[0] >= 0x80, head[0] & 0x0F)
            guard head[0] & 0x70 == 0, head[1] >= 0x80, [0, 1, 2, 8, 9, 10].contains(opcode) else { return steps }
            var length = UInt64(head[1] & 0x7F)
            if length >= 126 {
                guard let long = take(length == 126 ? 2 : 8) else { return steps }
                length = long.reduce(0) { $0 << 8 | UInt64($1) }
                guard length >= (long.count == 2 ? 126 : 65_536) else { return steps }
            }
            guard let key = take(4), length <= limit, let masked = take(Int(length)) else { return steps }
            let payload = masked.enumerated().map { $1 ^ key[$0 % 4] }
            if opcode >= 8 {
                guard isFinal, payload.count <= 125 else { return steps }
                switch opcode {
                case 9: steps.append(.ping(payload))
                case 10: steps.append(.pong(payload))
                default:
                    guard payload.count != 1 else { return steps }
                    guard let reason = String(validating: payload.dropFirst(2), as: UTF8.self) else { return steps }
                    let code = payload.prefix(2).reduce(0) { $0 << 8 | UInt16($1) }
                    let isKnown = code >= 3000 && code < 5000 || (1000...1014).contains(code) && !(1004...1006).contains(code)
                    guard payload.isEmpty || isKnown else { return steps }
                    steps.append(.close(WebSocketClose(payload.isEmpty ? nil : WebSocketCloseCode(code), reason)))
                    return steps
                }
                continue
            }
            guard (message == nil) == (opcode != 0) else { return steps }
            var whole = message ?? (opcode == 1, [])
            whole.bytes += payload
            guard whole.bytes.count <= limit else { return steps }
            message = isFinal ? nil : whole
            // A text that is not UTF-8 is refused in its first wrong fragment; one that only lacks its end is not wrong yet.
            if whole.isText, !isFinal, !(0...3).contains(where: { isText(whole.bytes, extra: $0) }) { return steps }
            guard isFinal else { continue }
            if whole.isText, String(validating: whole.bytes, as: UTF8.self) == nil { return steps }
            steps.append(.message(whole.isText ? .text(whole.bytes) : .binary(whole.bytes)))
        }
        return steps
    }

    /// Whether the bytes are a text once `extra` bytes follow that begin no character: some that fit can be found.
    private static func isText(_ bytes: [UInt8], extra: Int) -> Bool {
        if extra == 0 { return String(validating: bytes, as: UTF8.self) != nil }
        let rest = [UInt8](repeating: 0x80, count: extra - 1)
        return [0x80, 0x90, 0xA0].contains { String(validating: bytes + [$0] + rest, as: UTF8.self) != nil }
    }

    private static func encode(_ payload: [UInt8], isText: Bool, _ choice: inout Splitter) -> [UInt8] {
        var bytes: [UInt8] = []
        var start = 0
        var opcode: UInt8 = isText ? 1 : 2
        repeat {
            let end = min(payload.count, start + choice.pick(payload.count + 1))
            let isFinal = end == payload.count && choice.pick(2) == 0
            let key = (0..<4).map { _ in UInt8(choice.pick(256)) }
            bytes += WebSocketClientFrame(opcode, Array(payload[start..<end]), isFinal: isFinal, key: key).bytes
            if choice.pick(4) == 0 {
                bytes += WebSocketClientFrame(choice.pick(2) == 0 ? 9 : 10, Array(payload.prefix(125)), key: key).bytes
            }
            if isFinal { return bytes }
            opcode = 0
            start = end
        } while true
    }
}
