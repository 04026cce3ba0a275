import Testing
import TestSupport

@testable import HTTPServer

@Suite struct WebSocketDecoderTests {
    @Test("frames get the same verdict for every split", arguments: WebSocketCases.all)
    func verdict(_ one: WebSocketCases.Case) {
        #expect(WebSocketDriver.verdict([one.bytes], limit: one.limit) == one.verdict)
        if one.bytes.count < 1_000 { #expect(WebSocketDriver.disagreement(one.bytes, limit: one.limit) == nil) }
    }

    @Test("a header is refused at its first wrong byte")
    func early() {
        for bytes in [
            [0xC1], [0x83], [0x09], [0x80], [0x81, 0x05], [0x89, 0xFE], [0x88, 0x81], [0x82, 0xFE, 0x00, 0x7D],
            [0x82, 0xFF, 0x80],
        ] as [[UInt8]] {
            #expect(WebSocketDriver.verdict([bytes]) == ["failed 1002"], "\(bytes)")
            #expect(WebSocketDriver.verdict([Array(bytes.dropLast())]) == [], "\(bytes)")
        }
    }

    @Test("the mask is removed for every length, offset and split")
    func masks() {
        for count in 0..<70 {
            let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) }
            let bytes = WebSocketClientFrame(2, payload, key: [0x01, 0x20, 0x84, 0xF1]).bytes
            for cut in 6...bytes.count {
                var decoder = WebSocketDecoder(maximumMessage: 100)
                var seen: [WebSocketDecoder.Step] = []
                for piece in [Array(bytes[..<cut]), Array(bytes[cut...])] {
                    var position = 0
                    while true {
                        let step = decoder.next(piece.span, from: &position)
                        if step == .incomplete { break }
                        seen.append(step)
                    }
                }
                #expect(seen == [.message(.binary(payload))])
            }
        }
    }

    @Test("memory grows with the bytes that arrive, not with the announced length")
    func memory() {
        var decoder = WebSocketDecoder(maximumMessage: .max)
        var position = 0
        let bytes = WebSocketClientFrame(2, [1, 2, 3], lengthBytes: 8, length: 1 << 62).bytes
        #expect(decoder.next(bytes.span, from: &position) == .incomplete)
        #expect(position == bytes.count && decoder.isWithinMessage)
    }

    @Test("every code point is text, in one piece and byte by byte; nothing else of one to four bytes is")
    func codePoints() {
        for value in 0...0x10FFFF as ClosedRange<UInt32> {
            guard let scalar = Unicode.Scalar(value) else { continue }
            var whole = UTF8Validator(), pieces = UTF8Validator()
            let bytes = Array(String(Character(scalar)).utf8)
            let isText = bytes.withUnsafeBytes { whole.take($0) } && whole.isWhole
            let isStill = bytes.allSatisfy { byte in withUnsafeBytes(of: byte) { pieces.take($0) } } && pieces.isWhole
            if !isText || !isStill { Issue.record("U+\(String(value, radix: 16))") }
        }
        var random = SeededGenerator(seed: 6_455)
        for _ in 0..<200_000 {
            let bytes = (0..<Int(random.next() % 4 + 1)).map { _ in
                UInt8(truncatingIfNeeded: random.next() | (random.next() & 0x80))
            }
            var progress = UTF8Validator()
            let isText = bytes.withUnsafeBytes { progress.take($0) } && progress.isWhole
            if isText != (String(validating: bytes, as: UTF8.self) != nil) { Issue.record("\(bytes)") }
        }
    }

    @Test(
        "the server's frames are plain, and their length is as short as can be",
        arguments: [
            (0, [0]), (125, [125]), (126, [126, 0, 126]), (65_535, [126, 0xFF, 0xFF]), (65_536, [127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] as [(Int, [UInt8])])
    func encoding(count: Int, length: [UInt8]) {
        let payload = [UInt8](repeating: 0x2A, count: count)
        var bytes: [UInt8] = [0xEE]
        bytes.append(webSocket: .binary, payload)
        #expect(bytes == [0xEE, 0x82] + length + payload)
    }

    @Test("a written close frame can be read, and a long reason is cut at a character")
    func closeFrames() throws {
        for close in [WebSocketClose(nil), WebSocketClose(.normal), WebSocketClose(.goingAway, "Grüße")] {
            #expect(try WebSocketClose(payload: close.payload) == close)
        }
        let long = WebSocketClose(.normal, String(repeating: "é", count: 200))
        #expect(long.payload.count == 124)
        #expect(try WebSocketClose(payload: long.payload).reason == String(repeating: "é", count: 61))
    }
}
