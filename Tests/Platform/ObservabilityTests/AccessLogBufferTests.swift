import Formats
import Logging
import Testing

@testable import Observability

@Suite("Access log buffer")
struct AccessLogBufferTests {
    /// Numbers that are the same in every run (xorshift64, Marsaglia 2003).
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64 = 0x9e37_79b9_7f4a_7c15
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    private static func record(_ numbers: inout Numbers) -> AccessRecord {
        func text(_ numbers: inout Numbers) -> String {
            let letters: [Character] = ["a", "Z", "0", "\"", "\\", "\n", "é", "\u{1}", "/", "漢"]
            return String(
                (0..<Int.random(in: 0...30, using: &numbers)).compactMap { _ in letters.randomElement(using: &numbers) })
        }
        let path = (0..<Int.random(in: 0...40, using: &numbers)).map { _ in UInt8.random(in: 0...255, using: &numbers) }
        // Mostly times in close succession, as in a log, and sometimes any time.
        let near = 1_795_231_608_000_000 + Int64.random(in: 0...3_000_000, using: &numbers)
        let time = Int.random(in: 0..<20, using: &numbers) == 0 ? Int64.random(in: .min ... .max, using: &numbers) : near
        return AccessRecord(
            time: Timestamp(microseconds: time), requestID: text(&numbers),
            traceID: Bool.random(using: &numbers) ? text(&numbers) : nil, method: "GET",
            route: Bool.random(using: &numbers) ? text(&numbers) : nil, path: path[...],
            status: Int.random(in: 100...599, using: &numbers),
            duration: Int64.random(in: -5 ... .max, using: &numbers) >> Int64.random(in: 0...62, using: &numbers),
            bytes: Int.random(in: 0 ... .max, using: &numbers) >> Int.random(in: 0...62, using: &numbers),
            clientIP: text(&numbers),
            userID: Bool.random(using: &numbers) ? text(&numbers) : nil)
    }

    @Test("writes the same lines as the log handler, for any record")
    func same() throws {
        let pipe = try LogPipe()
        let sink = LogSink(descriptor: pipe.writer, limit: 64 << 20)
        let handler = JSONLogHandler(label: "test", level: .info, sink: LogSink(descriptor: -1))
        let logger = Logger(label: "test") { _ in JSONLogHandler(label: "test", level: .info, sink: sink) }
        let lines = try #require(AccessLogBuffer(of: logger))
        var numbers = Numbers()
        var expected: [String] = []
        for number in 0..<5_000 {
            let record = Self.record(&numbers)
            let level: Logger.Level = number % 3 == 0 ? .debug : .info
            _ = lines.append(record, level, "request")
            let event = LogEvent(
                level: level, message: "request", metadata: record.metadata, source: nil, file: "A/B.swift", function: "f()",
                line: 1)
            expected.append(String(decoding: handler.line(event), as: UTF8.self))
        }
        lines.flush()
        lines.flush()
        #expect(pipe.lines(expected.count) == expected)
    }

    @Test("the first line asks for a flush, and a full batch is flushed at once")
    func batches() throws {
        let pipe = try LogPipe()
        let sink = LogSink(descriptor: pipe.writer)
        let lines = try #require(
            AccessLogBuffer(of: Logger(label: "test") { _ in JSONLogHandler(label: "test", level: .info, sink: sink) }))
        var numbers = Numbers()
        let record = Self.record(&numbers)
        #expect(lines.append(record, .info, "request"))
        #expect(!lines.append(record, .info, "request"))
        lines.flush()
        #expect(lines.append(record, .info, "request"))
        // Without a flush, all but the last batch are written.
        for _ in 0..<2_000 { _ = lines.append(record, .info, "request") }
        #expect(Set(pipe.lines(1_500)).count == 1)
        lines.flush()
        #expect(pipe.lines(503).count == 503)
    }

    @Test("does not exist for a logger with other lines")
    func others() {
        let sink = LogSink(descriptor: -1)
        #expect(AccessLogBuffer(of: Logger(label: "x") { _ in SwiftLogNoOpLogHandler() }) == nil)
        #expect(
            AccessLogBuffer(of: Logger(label: "x") { PrettyLogHandler(label: $0, level: .info, sink: sink, isColoured: false) })
                == nil)
        var own = Logger(label: "x") { JSONLogHandler(label: $0, level: .info, sink: sink) }
        #expect(AccessLogBuffer(of: own) != nil)
        own[metadataKey: "who"] = "me"
        #expect(AccessLogBuffer(of: own) == nil)
    }

    @Test("each line without room is counted")
    func dropped() throws {
        let pipe = try LogPipe()
        let sink = LogSink(descriptor: pipe.writer, limit: 1_000)
        sink.append(lines: [UInt8](repeating: UInt8(ascii: "\n"), count: 2_000), count: 2_000)
        sink.append(lines: Array("one\ntwo\n".utf8), count: 2)
        let written = pipe.lines(3)
        #expect(written.prefix(2) == ["one", "two"])
        #expect(written.last?.contains("\"dropped\":2000") == true)
    }
}
