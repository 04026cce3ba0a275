import Formats
import Logging
import Testing

@testable import Observability

@Suite("Access record")
struct AccessRecordTests {
    private func record(path: [UInt8] = Array("/v1/products/a%20b".utf8)) -> AccessRecord {
        AccessRecord(
            time: Timestamp(microseconds: 1_795_231_608_123_456), requestID: "r-1", traceID: "t-1", method: "GET",
            route: "/v1/products/{id}", path: path[...], status: 200, duration: 1_234_567, bytes: 512, clientIP: "10.0.0.1",
            userID: "u-1")
    }

    private func line(
        _ record: AccessRecord, format: LogFormat = .json, isColoured: Bool = false, _ more: Logger.Metadata = [:]
    ) -> String {
        let event = LogEvent(
            level: .info, message: "request", metadata: record.metadata.merging(more) { first, _ in first }, source: nil,
            file: "A/B.swift",
            function: "f()", line: 1)
        let sink = LogSink(descriptor: -1)
        let bytes =
            switch format {
            case .json: JSONLogHandler(label: "http", level: .info, sink: sink).line(event)
            case .pretty: PrettyLogHandler(label: "http", level: .info, sink: sink, isColoured: isColoured).line(event)
            }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("its fields become members of the line")
    func full() {
        #expect(
            line(record())
                == #"{"time":"2026-11-21T03:26:48.123456Z","level":"info","message":"request","request_id":"r-1","trace_id":"t-1","#
                + #""method":"GET","route":"/v1/products/{id}","path":"/v1/products/a%20b","status":200,"duration_ms":1.234,"#
                + #""bytes":512,"client_ip":"10.0.0.1","user_id":"u-1"}"#)
    }

    @Test("has no members without a value")
    func sparse() throws {
        var record = record()
        (record.traceID, record.route, record.userID) = (nil, nil, nil)
        let object = try #require(try JSONValue.parse(Array(line(record).utf8)).objectValue)
        #expect(
            object.members.map(\.name) == [
                "time", "level", "message", "request_id", "method", "path", "status", "duration_ms", "bytes", "client_ip",
            ])
    }

    @Test(
        "writes the duration in milliseconds without rounding up",
        arguments: [
            (0, "0.000"), (999, "0.000"), (1_000, "0.001"), (42_999, "0.042"), (1_000_000, "1.000"),
            (61_000_500_000, "61000.500"), (-5, "0.000"), (.max, "9223372036854.775"),
        ] as [(Int64, String)])
    func duration(nanoseconds: Int64, text: String) {
        var record = record()
        record.duration = nanoseconds
        #expect(line(record).contains("\"duration_ms\":\(text),"))
    }

    @Test("a path of any bytes leaves the line valid")
    func paths() throws {
        // Every byte before a plain character, a quote, a control character, a continuation byte, and the starts of longer sequences.
        let neighbours: [UInt8] = [0x61, 0x22, 0x5C, 0x0A, 0x1B, 0x9B, 0xC2, 0xE2, 0xF0, 0xFF]
        for (byte, neighbour) in (UInt8.min...UInt8.max).flatMap({ byte in neighbours.map { (byte, $0) } }) {
            let path = [0x2F, byte, neighbour, byte]
            let text = line(record(path: path))
            #expect(!text.utf8.contains(UInt8(ascii: "\n")))
            #expect(try JSONValue.parse(Array(text.utf8))["path"]?.stringValue == String(decoding: path, as: UTF8.self))
            for isColoured in [false, true] {
                let pretty = line(record(path: path), format: .pretty, isColoured: isColoured)
                #expect(
                    pretty.unicodeScalars.allSatisfy {
                        $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) || isColoured && $0.value == 0x1B
                    })
            }
        }
    }

    @Test("other metadata follows it, and is left out where its name is taken")
    func beside() throws {
        let object = try #require(
            try JSONValue.parse(Array(line(record(), ["request_id": "other", "shed": "yes"]).utf8)).objectValue)
        #expect(object["request_id"]?.stringValue == "r-1")
        #expect(object["shed"]?.stringValue == "yes")
        #expect(object["request"] == nil)
    }

    @Test("has a short description for log handlers that do not know it")
    func description() {
        #expect(record(path: [0x2F, 0xFF, 0x0A]).description == "GET /\u{FFFD}\\n 200 1.234 ms")
    }

    @Test("is one short line for people")
    func pretty() {
        #expect(line(record(), format: .pretty) == "03:26:48.123 200 GET    /v1/products/a%20b 1.234 ms 512 B 10.0.0.1 r-1")
        #expect(line(record(), format: .pretty, isColoured: true).contains("\u{1B}[32m200\u{1B}[0m"))
    }
}
