import Formats
import Logging
import Testing

@testable import Observability

@Suite("JSON log handler")
struct JSONLogHandlerTests {
    private struct Failure: Error, CustomStringConvertible {
        var description: String { "no \"room\"" }
    }

    private func handler() -> JSONLogHandler {
        JSONLogHandler(label: "shop", level: .trace, sink: LogSink(descriptor: -1))
    }

    private func event(
        _ level: Logger.Level = .info, _ message: Logger.Message = "hello", error: (any Error)? = nil,
        _ metadata: Logger.Metadata? = nil
    ) -> LogEvent {
        LogEvent(
            level: level, message: message, error: error, metadata: metadata, source: nil, file: "Shop/Cart.swift",
            function: "f()", line: 7)
    }

    private func object(_ line: [UInt8]) throws -> JSONObject {
        try #require(try JSONValue.parse(line).objectValue)
    }

    @Test("a plain line has time, level, message and logger, in this order")
    func plain() throws {
        let object = try object(handler().line(event()))
        #expect(object.members.map(\.name) == ["time", "level", "message", "logger"])
        let time = try #require(object["time"]?.stringValue.flatMap { Timestamp(rfc3339: $0) })
        let age = Timestamp.now - time
        #expect(age >= .seconds(-60) && age < .seconds(60))
        #expect(object["level"]?.stringValue == "info")
        #expect(object["message"]?.stringValue == "hello")
        #expect(object["logger"]?.stringValue == "shop")
    }

    @Test("names every level, and from error on the source", arguments: Logger.Level.allCases)
    func levels(level: Logger.Level) throws {
        let object = try object(handler().line(event(level)))
        #expect(object["level"]?.stringValue == level.rawValue)
        #expect(object["source"]?.stringValue == (level >= .error ? "Shop/Cart.swift:7" : nil))
    }

    @Test("writes metadata at the top level, sorted, nested values as JSON")
    func metadata() throws {
        var handler = handler()
        handler[metadataKey: "zone"] = "a"
        handler[metadataKey: "both"] = "handler"
        handler.metadataProvider = Logger.MetadataProvider { ["provided": "p", "both": "provider"] }
        let line = handler.line(
            event(
                .info, "m",
                [
                    "both": "event", "list": ["x", ["y": "z"], []], "number": .stringConvertible(5),
                    "no": .stringConvertible(false), "q\"": "\n",
                ]))
        let text = String(decoding: line, as: UTF8.self)
        #expect(
            text.hasSuffix(
                #""message":"m","logger":"shop","both":"event","list":["x",{"y":"z"},[]],"no":false,"number":5,"provided":"p","q\"":"\n","zone":"a"}"#
            ))
        #expect(handler[metadataKey: "zone"] == "a")
    }

    @Test("no name occurs twice, even if metadata has the name of a member of the line")
    func reserved() throws {
        let line = handler().line(
            event(
                .error, "m", error: Failure(),
                ["time": "1", "level": "2", "message": "3", "logger": "4", "source": "5", "error": "6", "request": "7"]))
        let object = try object(line)
        #expect(object["error"]?.stringValue == "no \"room\"")
        for name in ["time", "level", "message", "logger", "source", "error"] {
            #expect(object[name]?.stringValue != object["metadata." + name]?.stringValue)
            #expect(object["metadata." + name] != nil)
        }
        #expect(object["request"]?.stringValue == "7")
    }

    @Test("a message of several lines, quotes and control characters stays one line")
    func oneLine() throws {
        var scalars = String.UnicodeScalarView()
        for code in UInt32(0)...0x2FF { if let scalar = Unicode.Scalar(code) { scalars.append(scalar) } }
        let text = String(scalars)
        let line = handler().line(event(.info, "\(text)", ["k": "\(text)", "\(text)": "v"]))
        #expect(!line.contains(UInt8(ascii: "\n")))
        let object = try object(line)
        #expect(object["message"]?.stringValue == text && object["k"]?.stringValue == text && object[text]?.stringValue == "v")
    }

    @Test("a secret in metadata, in an interpolation or in an error's text is masked")
    func secrets() throws {
        let secret = Secret("hunter2")
        struct Login: Error { let password: Secret }
        let line = handler().line(
            event(.info, "with \(secret)", error: Login(password: secret), ["password": .stringConvertible(secret)]))
        #expect(!String(decoding: line, as: UTF8.self).contains("hunter2"))
        #expect(try object(line)["password"]?.stringValue == Secret.mask)
    }

    @Test("a logger writes through the sink, from its level on")
    func logger() throws {
        let pipe = try LogPipe()
        let sink = LogSink(descriptor: pipe.writer)
        let logger = Logger(label: "shop") { LogSystem.handler(label: $0, level: .warning, format: .json, sink: sink) }
        logger.info("quiet")
        logger.warning("loud")
        logger.error("failed", error: Failure())
        let lines = try pipe.lines(2).map { try object(Array($0.utf8)) }
        #expect(lines.map { $0["message"]?.stringValue } == ["loud", "failed"])
        #expect(lines.last?["error"]?.stringValue == "no \"room\"")
    }
}
