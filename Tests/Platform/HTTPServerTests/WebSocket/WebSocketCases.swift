import TestSupport
import Testing

/// Frames and what a server makes of them; one line a case.
enum WebSocketCases {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let bytes: [UInt8]
        let verdict: [String]
        let limit: Int
        var testDescription: String { name }

        init(_ name: String, _ frames: [WebSocketClientFrame], limit: Int = 1 << 20, _ verdict: String...) {
            self.name = name
            self.bytes = frames.flatMap(\.bytes)
            self.verdict = verdict
            self.limit = limit
        }

        init(_ name: String, raw bytes: [UInt8], limit: Int = 1 << 20, _ verdict: String...) {
            self.name = name
            self.bytes = bytes
            self.verdict = verdict
            self.limit = limit
        }
    }

    private typealias F = WebSocketClientFrame
    private static let (more, text, binary, close, ping, pong): (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) = (0, 1, 2, 8, 9, 10)
    private static func code(_ number: UInt16, _ reason: String = "") -> [UInt8] {
        [UInt8(number >> 8), UInt8(number & 0xFF)] + Array(reason.utf8)
    }
    private static func filled(_ count: Int) -> [UInt8] { [UInt8](repeating: 0x2A, count: count) }

    static let all = messages + control + framing + lengths + utf8 + closing + closeCodes

    private static let messages = [
        Case(
            "RFC 6455 §5.7: a masked text", raw: [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58], "text Hello"),
        Case("an empty text", [F(text)], "text "),
        Case("an empty binary message", [F(binary)], "binary "),
        Case("text beyond ASCII", [F(text, "κόσμε 🦊")], "text κόσμε 🦊"),
        Case("binary is not looked into", [F(binary, [0xFF, 0x41, 0xC0])], "binary \u{FFFD}A\u{FFFD}"),
        Case("two messages", [F(text, "a"), F(binary, "b")], "text a", "binary b"),
        Case("fragments", [F(text, "Hel", isFinal: false), F(more, "lo", isFinal: false), F(more, "!")], "text Hello!"),
        Case("fragments without bytes", [F(text, isFinal: false), F(more, isFinal: false), F(more)], "text "),
        Case("only the last fragment has bytes", [F(binary, isFinal: false), F(more, "x")], "binary x"),
        Case(
            "a message after a fragmented one", [F(text, "a", isFinal: false), F(more, "b"), F(text, "c")], "text ab", "text c"),
        Case("a key of zeros", [F(text, "plain", key: [0, 0, 0, 0])], "text plain"),
        Case(
            "a key of ones", [F(text, "a longer text that needs words", key: [0xFF, 0xFF, 0xFF, 0xFF])],
            "text a longer text that needs words"),
    ]

    private static let control = [
        Case("ping without payload", [F(ping)], "ping "),
        Case("ping with payload", [F(ping, "hello")], "ping hello"),
        Case("ping of 125 bytes", [F(ping, filled(125))], "ping (125 bytes, \(filled(125).hashValue))"),
        Case("an unsolicited pong", [F(pong, "x")], "pong x"),
        Case(
            "control between fragments",
            [F(text, "a", isFinal: false), F(ping, "p"), F(more, "b", isFinal: false), F(pong, "q"), F(more, "c")],
            "ping p", "pong q", "text abc"),
        Case("a close between fragments", [F(text, "a", isFinal: false), F(close, code(1000)), F(more, "b")], "close 1000 "),
        Case("ping of 126 bytes", [F(ping, filled(126))], "failed 1002"),
        Case("ping with an extended length", [F(ping, "a", lengthBytes: 2)], "failed 1002"),
        Case("pong of 126 bytes", [F(pong, filled(126))], "failed 1002"),
        Case("a fragmented ping", [F(ping, "a", isFinal: false)], "failed 1002"),
        Case("a fragmented pong", [F(pong, isFinal: false)], "failed 1002"),
        Case("a fragmented close", [F(close, isFinal: false)], "failed 1002"),
    ]

    private static let framing =
        [
            Case("RSV1", [F(text, "a", reserved: 0x40)], "failed 1002"),
            Case("RSV2", [F(text, "a", reserved: 0x20)], "failed 1002"),
            Case("RSV3", [F(text, "a", reserved: 0x10)], "failed 1002"),
            Case("RSV1 on a ping", [F(ping, reserved: 0x40)], "failed 1002"),
            Case("RSV2 on a close", [F(close, code(1000), reserved: 0x20)], "failed 1002"),
            Case("RSV1 on a continuation", [F(text, "a", isFinal: false), F(more, "b", reserved: 0x40)], "failed 1002"),
        ]
        + [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map {
            Case("opcode \($0)", [F(text, "a"), F(UInt8($0), "b")], "text a", "failed 1002")
        } + [
            Case("not masked", [F(text, "a", key: nil)], "failed 1002"),
            Case("an unmasked ping", [F(ping, key: nil)], "failed 1002"),
            Case("an unmasked close", [F(close, code(1000), key: nil)], "failed 1002"),
            Case("a continuation of nothing", [F(more, "a")], "failed 1002"),
            Case("a continuation that is not final, of nothing", [F(more, "a", isFinal: false)], "failed 1002"),
            Case(
                "a continuation after the message's end", [F(text, "a", isFinal: false), F(more, "b"), F(more, "c")], "text ab",
                "failed 1002"),
            Case("a text within a text", [F(text, "a", isFinal: false), F(text, "b")], "failed 1002"),
            Case("a binary message within a text", [F(text, "a", isFinal: false), F(binary, "b")], "failed 1002"),
            Case(
                "what went well before stands", [F(ping, "a"), F(binary, "b"), F(text, "c", reserved: 0x10)], "ping a",
                "binary b", "failed 1002"),
            Case("no frame after a failure", [F(3), F(text, "a")], "failed 1002"),
        ]

    private static let lengths =
        [125, 126, 127, 128, 65_535, 65_536].map {
            Case("\($0) bytes", [F(binary, filled($0))], "binary (\($0) bytes, \(filled($0).hashValue))")
        } + [
            Case("125 in two bytes", [F(binary, filled(125), lengthBytes: 2)], "failed 1002"),
            Case("0 in two bytes", [F(binary, lengthBytes: 2)], "failed 1002"),
            Case("126 in eight bytes", [F(binary, filled(126), lengthBytes: 8)], "failed 1002"),
            Case("65,535 in eight bytes", [F(binary, lengthBytes: 8, length: 65_535)], "failed 1002"),
            Case("2⁶³", [F(binary, lengthBytes: 8, length: 1 << 63)], "failed 1002"),
            Case("2⁶⁴ − 1", [F(binary, lengthBytes: 8, length: .max)], "failed 1002"),
            Case("2⁶³ − 1", [F(binary, lengthBytes: 8, length: .max >> 1)], "failed 1009"),
            Case(
                "2⁶³ − 1 more of a message", [F(binary, "a", isFinal: false), F(more, lengthBytes: 8, length: .max >> 1)],
                "failed 1009"),
            Case("as large as allowed", [F(binary, filled(10))], limit: 10, "binary **********"),
            Case("larger than allowed", [F(binary, filled(11))], limit: 10, "failed 1009"),
            Case("larger than allowed, told by the header alone", [F(binary, length: 11)], limit: 10, "failed 1009"),
            Case(
                "larger than allowed, in fragments", [F(text, filled(10), isFinal: false), F(more, "a")], limit: 10, "failed 1009"
            ),
            Case(
                "as large as allowed, in fragments", [F(text, filled(9), isFinal: false), F(more, "a", isFinal: false), F(more)],
                limit: 10, "text *********a"),
            Case(
                "the limit is each message's own", [F(text, filled(10)), F(text, filled(10))], limit: 10, "text **********",
                "text **********"),
            Case(
                "control frames count for no message", [F(text, filled(10), isFinal: false), F(ping, filled(20)), F(more)],
                limit: 10,
                "ping ********************", "text **********"),
        ]

    private static let utf8 =
        [
            Case("a character over two fragments", [F(text, [0xCE], isFinal: false), F(more, [0xBA])], "text κ"),
            Case(
                "a character over four fragments",
                [
                    F(text, [0xF0], isFinal: false), F(more, [0x9F], isFinal: false), F(more, [0xA6], isFinal: false),
                    F(more, [0x8A]),
                ], "text 🦊"),
            Case("a ping within a character", [F(text, [0xCE], isFinal: false), F(ping), F(more, [0xBA])], "ping ", "text κ"),
            Case("a character that does not end", [F(text, [0x61, 0xCE])], "failed 1007"),
            Case(
                "a character that does not end in the last fragment", [F(text, [0x61, 0xF0], isFinal: false), F(more, [0x9F])],
                "failed 1007"),
            Case("wrong at once, not at the message's end", [F(text, [0xC0, 0xAF], isFinal: false)], "failed 1007"),
            Case(
                "wrong at once, not at the frame's end",
                raw: Array(F(text, [0x61, 0xFF, 0x62, 0x62, 0x62, 0x62]).bytes.prefix(8)), "failed 1007"),
            Case("wrong behind many ASCII bytes", [F(text, filled(100) + [0x80])], "failed 1007"),
        ]
        + ([
            ("a lone continuation", [0x80]), ("over-long in two", [0xC1, 0xBF]), ("over-long in three", [0xE0, 0x9F, 0xBF]),
            ("over-long in four", [0xF0, 0x8F, 0xBF, 0xBF]),
            ("first surrogate", [0xED, 0xA0, 0x80]), ("last surrogate", [0xED, 0xBF, 0xBF]),
            ("beyond U+10FFFF", [0xF4, 0x90, 0x80, 0x80]), ("F5", [0xF5, 0x80, 0x80, 0x80]),
            ("five bytes", [0xF8, 0x88, 0x80, 0x80, 0x80]), ("FE", [0xFE]), ("a start within a character", [0xE2, 0x82, 0x41]),
        ] as [(String, [UInt8])]).map { Case($0.0, [F(text, $0.1)], "failed 1007") }
        + ([
            ("U+0000", [0x00]), ("U+007F", [0x7F]), ("U+0080", [0xC2, 0x80]), ("U+07FF", [0xDF, 0xBF]),
            ("U+0800", [0xE0, 0xA0, 0x80]), ("U+D7FF", [0xED, 0x9F, 0xBF]),
            ("U+E000", [0xEE, 0x80, 0x80]), ("U+FFFE", [0xEF, 0xBF, 0xBE]), ("U+10000", [0xF0, 0x90, 0x80, 0x80]),
            ("U+10FFFF", [0xF4, 0x8F, 0xBF, 0xBF]),
        ] as [(String, [UInt8])]).map { Case($0.0, [F(text, $0.1)], "text \(String(decoding: $0.1, as: UTF8.self))") }

    private static let closing = [
        Case("a close without payload", [F(close)], "close - "),
        Case("a close with a reason", [F(close, code(1000, "bye"))], "close 1000 bye"),
        Case(
            "a close of 125 bytes", [F(close, code(1001, String(repeating: "r", count: 123)))],
            "close 1001 \(String(repeating: "r", count: 123))"),
        Case("a close of 126 bytes", [F(close, filled(126))], "failed 1002"),
        Case("a close of one byte", [F(close, [0x03])], "failed 1002"),
        Case("a reason that is not UTF-8", [F(close, code(1000) + [0xCE])], "failed 1007"),
        Case("nothing counts after a close", [F(close), F(text, "a"), F(3)], "close - "),
        Case("a close after a message", [F(text, "a"), F(close, code(4000))], "text a", "close 4000 "),
    ]

    private static let closeCodes =
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map {
            Case("close code \($0)", [F(close, code($0))], "close \($0) ")
        }
        + [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map {
            Case("close code \($0)", [F(close, code($0))], "failed 1002")
        }
}
