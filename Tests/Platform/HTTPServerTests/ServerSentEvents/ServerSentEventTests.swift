import Testing
import TestSupport

@testable import HTTPServer

@Suite struct ServerSentEventTests {
    @Test(
        "an event is its fields, a line of data each",
        arguments: [
            (ServerSentEvent(data: Array("plain".utf8)), "data: plain\n\n"),
            (ServerSentEvent(data: []), "data: \n\n"),
            (ServerSentEvent(name: "cart.updated", id: "7", data: Array("{}".utf8)), "event: cart.updated\nid: 7\ndata: {}\n\n"),
            (ServerSentEvent(data: Array("a\nb\r\nc\rd".utf8)), "data: a\ndata: b\ndata: c\ndata: d\n\n"),
            (ServerSentEvent(data: Array("\n".utf8)), "data: \ndata: \n\n"),
            (ServerSentEvent(data: Array("a\n\rb\r".utf8)), "data: a\ndata: \ndata: b\ndata: \n\n"),
            (ServerSentEvent(id: "", data: Array("forget the id".utf8)), "id: \ndata: forget the id\n\n"),
            // A value cannot add a field of its own to an event.
            (ServerSentEvent(name: "a\ndata: b", id: "1\r2", data: Array("x".utf8)), "data: x\n\n"),
            (ServerSentEvent(id: "1\u{0}2", data: Array("x".utf8)), "data: x\n\n"),
        ])
    func bytes(event: ServerSentEvent, text: String) {
        #expect(String(decoding: event.bytes, as: UTF8.self) == text)
    }

    @Test(
        "the time to come back is in whole milliseconds",
        arguments: [
            (Duration.seconds(2), 2_000), (.milliseconds(1), 1), (.zero, 0), (.seconds(-1), 0), (.microseconds(999), 0),
        ])
    func retry(time: Duration, milliseconds: Int) {
        #expect(String(decoding: ServerSentEvent.retry(after: time), as: UTF8.self) == "retry: \(milliseconds)\n\n")
    }

    @Test("a browser can read the stream")
    func wire() async throws {
        try await RunningServer.with { running in
            let client = try await EventStreamTestClient.connect(port: running.port, "/events/100")
            #expect(client.head.header("Cache-Control") == "no-store" && client.head.header("Content-Length") == nil)
            for number in 0..<100 {
                let event = try await client.next()
                #expect(event == EventStreamTestClient.Event(name: "count", id: "\(number)", data: "line\n\(number)"))
            }
            #expect(try await client.next() == nil)
            #expect(client.retry == 1_500 && client.comments == 100)
        }
    }
}
