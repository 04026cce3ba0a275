import Formats
import Logging
import Testing

@testable import Observability

@Suite("Pretty log handler")
struct PrettyLogHandlerTests {
    private func line(
        _ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata? = nil, isColoured: Bool = false
    ) -> String {
        let handler = PrettyLogHandler(label: "shop", level: .trace, sink: LogSink(descriptor: -1), isColoured: isColoured)
        let event = LogEvent(
            level: level, message: message, metadata: metadata, source: nil, file: "Shop/Cart.swift", function: "f()", line: 7)
        return String(decoding: handler.line(event), as: UTF8.self)
    }

    @Test("has time of day, level, message, sorted pairs and the logger")
    func plain() {
        let text = line(.warning, "cart is full", ["b": "x y", "a": "1", "c": "say \"hi\"", "d": ""])
        #expect(text.dropFirst(12) == #" WARN   cart is full a=1 b="x y" c="say \"hi\"" d="" shop"#)
        let time = Array(text.utf8.prefix(12))
        #expect(time[2] == UInt8(ascii: ":") && time[5] == UInt8(ascii: ":") && time[8] == UInt8(ascii: "."))
    }

    @Test("levels are equally wide, and from error on the source is shown", arguments: Logger.Level.allCases)
    func levels(level: Logger.Level) {
        let text = line(level, "m")
        #expect(text.dropFirst(19).hasPrefix(" m shop"))
        #expect(text.hasSuffix("Shop/Cart.swift:7") == (level >= .error))
    }

    @Test("control characters cannot reach the terminal, with or without colours")
    func controls() {
        for isColoured in [false, true] {
            let text = line(.info, "\u{1B}[2Ja\nb\u{9B}c", ["k": "\u{7}"], isColoured: isColoured)
            #expect(text.contains("\\u{1b}[2Ja\\u{a}b\\u{9b}c"))
            #expect(text.contains("k=\\u{7}"))
            #expect(text.utf8.contains(0x1B) == isColoured)
            #expect(!text.utf8.contains(0x0A))
        }
    }
}
