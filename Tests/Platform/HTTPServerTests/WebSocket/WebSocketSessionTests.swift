import Testing
import TestSupport

@testable import HTTPServer

/// A server's WebSocket on the wire.
@Suite struct WebSocketSessionTests {
    private typealias Frame = WebSocketClientFrame
    private typealias Reply = WebSocketTestClient.Frame

    @Test("messages of any kind and size are echoed, whole or in fragments, with pings in between")
    func echo() async throws {
        try await RunningServer.with { running in
            let client = try await WebSocketTestClient.connect(port: running.port, "/ws")
            for size in [0, 1, 125, 126, 65_535, 65_536, 1 << 20] {
                let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                async let sent: Void = client.send(Frame(2, payload))
                let reply = try await client.receive()
                try await sent
                #expect(reply == Reply(opcode: 2, payload: payload), "\(size)")
            }
            try await client.send(
                Frame(1, "Grü", isFinal: false), Frame(9, "are you there"), Frame(0, "ße", isFinal: false), Frame(10, "unasked"),
                Frame(0, " 🦊"))
            #expect(try await client.receive() == Reply(opcode: 10, payload: Array("are you there".utf8)))
            #expect(try await client.receive() == Reply(opcode: 1, payload: Array("Grüße 🦊".utf8)))
        }
    }

    @Test("messages sent with the handshake are received in order")
    func pipelined() async throws {
        try await RunningServer.with { running in
            let frames = (0..<500).map { Frame(1, "message \($0)") }
            let client = try await WebSocketTestClient.connect(port: running.port, "/ws", first: frames)
            for number in 0..<500 { #expect(try await client.receive().text == "message \(number)") }
        }
    }

    @Test(
        "a close is answered with its code, then the connection ends",
        arguments: [
            (Frame(8, [0x03, 0xE8]), 1000), (Frame(8, [0x03, 0xE9] + Array("away".utf8)), 1001), (Frame(8, [0x0F, 0xA0]), 4000),
            (Frame(8), nil),
        ] as [(WebSocketClientFrame, Int?)])
    func close(frame: WebSocketClientFrame, code: Int?) async throws {
        try await RunningServer.with { running in
            let client = try await WebSocketTestClient.connect(port: running.port, "/ws")
            try await client.send(Frame(1, "last"), frame, Frame(1, "never"))
            #expect(try await client.receive().text == "last")
            let reply = try await client.receive()
            #expect(reply.opcode == 8 && reply.code == code && reply.payload.count == (code == nil ? 0 : 2))
            #expect(try await client.ends())
        }
    }

    @Test(
        "what is wrong is answered with its code, then the connection ends",
        arguments: [
            ([Frame(1, "a", key: nil)], 1002), ([Frame(3)], 1002), ([Frame(1, "a", reserved: 0x40)], 1002),
            ([Frame(0, "a")], 1002),
            ([Frame(9, [UInt8](repeating: 0, count: 126))], 1002), ([Frame(1, [0xFF])], 1007),
            ([Frame(1, [0xCE], isFinal: false), Frame(0, "a")], 1007),
            ([Frame(2, length: 1 << 20 + 1)], 1009),
            ([Frame(2, [UInt8](repeating: 1, count: 1 << 20), isFinal: false), Frame(0, "a")], 1009),
            ([Frame(8, [0x03, 0xED])], 1002), ([Frame(8, [0x03, 0xE8, 0xFF])], 1007),
        ] as [([WebSocketClientFrame], Int)])
    func faults(frames: [WebSocketClientFrame], code: Int) async throws {
        try await RunningServer.with { running in
            let client = try await WebSocketTestClient.connect(port: running.port, "/ws")
            try await client.send(Frame(2, "before"))
            #expect(try await client.receive().text == "before")
            for frame in frames { try await client.send(frame) }
            let reply = try await client.receive()
            #expect(reply.code == code)
            #expect(try await client.ends())
        }
    }

    @Test("a wrong handshake gets an HTTP response, and the connection stays open")
    func refused() async throws {
        try await RunningServer.with { running in
            let client = HTTPTestClient(port: running.port)
            #expect(try await client.request("GET", "/ws").status == 426)
            let old = [
                ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "8"),
                ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ]
            let answer = try await client.request("GET", "/ws", headers: old)
            #expect(
                answer.status == 426 && answer.header("Sec-WebSocket-Version") == "13" && answer.header("Upgrade") == "websocket")
            #expect(try await client.request("GET", "/x").status == 200)
            #expect(client.connections == 1)
        }
    }

    @Test("the handler may close, and an error of it is 1011")
    func ends() async throws {
        try await RunningServer.with { running in
            for (text, code) in [("bye", 1000), ("throw", 1011)] {
                let client = try await WebSocketTestClient.connect(port: running.port, "/ws")
                try await client.send(Frame(1, text), Frame(1, "too late"))
                let reply = try await client.receive()
                #expect(reply.code == code)
                try await client.send(Frame(8, reply.payload))
                #expect(try await client.ends())
            }
            #expect(try await running.eventually { running.journal.streamsEnded == 2 })
        }
    }

    @Test("the session does not wait long for a client that does not answer a close frame")
    func closeUnanswered() async throws {
        try await RunningServer.with { running in
            let client = try await WebSocketTestClient.connect(port: running.port, "/ws/200")
            try await client.send(Frame(1, "bye"))
            #expect(try await client.receiveBeyondPings().code == 1000)
            #expect(try await client.ends())
        }
    }

    @Test("a client that answers pings stays connected, and a silent one is closed")
    func heartbeat() async throws {
        try await RunningServer.with { running in
            let silent = try await WebSocketTestClient.connect(port: running.port, "/ws/100")
            let present = try await WebSocketTestClient.connect(port: running.port, "/ws/1000")
            // Neither an answer nor a close frame: pings, and then the end.
            var pings = 0
            while let frame = try? await silent.receive() {
                #expect(frame == Reply(opcode: 9, payload: []))
                pings += 1
            }
            #expect(pings >= 1 && pings < 20)
            #expect(try await running.eventually { running.journal.streamsEnded == 1 })
            for _ in 0..<4 {
                #expect(try await present.receive().opcode == 9)
                try await present.send(Frame(10))
            }
            try await present.send(Frame(1, "still here"))
            #expect(try await present.receiveBeyondPings().text == "still here")
        }
    }

    @Test("a client that sends and never reads has to wait, and is closed in the end")
    func backPressure() async throws {
        try await RunningServer.with({
            $0.writeTimeout = .milliseconds(500)
            $0.maximumPendingOutput = 64 << 10
        }) { running in
            let client = try await WebSocketTestClient.connect(port: running.port, "/ws")
            client.connection.socket.limitReceiveBuffer(4_096)
            let frame = Frame(2, [UInt8](repeating: 7, count: 1 << 20)).bytes
            var sent = 0
            do {
                // Far more than the sockets hold.
                while sent < 1 << 30 {
                    try await client.connection.socket.send(frame, seconds: 5)
                    sent += frame.count
                }
            } catch {}
            #expect(sent < 128 << 20, "\(sent) bytes were taken")
            #expect(try await running.eventually { running.journal.streamsEnded == 1 })
        }
    }

    @Test("at a shutdown clients get 1001, and all connections end in time whether they answer or not")
    func finish() async throws {
        try await RunningServer.with { running in
            let polite = try await WebSocketTestClient.connect(port: running.port, "/ws/500")
            let silent = try await WebSocketTestClient.connect(port: running.port, "/ws/500")
            async let finished = running.server.finish(within: .seconds(20))
            for client in [polite, silent] { #expect(try await client.receiveBeyondPings().code == 1001) }
            try await polite.send(Frame(8, [0x03, 0xE9]))
            #expect(try await polite.ends())
            polite.connection.socket.close()
            #expect(try await silent.ends())
            silent.connection.socket.close()
            #expect(await finished)
            #expect(running.journal.streamsEnded == 2)
        }
    }

    /// Each costs as much as the next, whatever it says: control frames, fragments, messages of nothing.
    private static let floods: [(String, [WebSocketClientFrame])] = [
        ("pings", [Frame(9, "p")]), ("empty pings", [Frame(9)]), ("pongs", [Frame(10)]), ("empty texts", [Frame(1)]),
        ("texts of a letter", [Frame(1, "a")]), ("empty binaries", [Frame(2)]), ("pings and texts", [Frame(9), Frame(1, "a")]),
        ("fragments", [Frame(1, "a", isFinal: false), Frame(0, isFinal: false), Frame(0)]),
        ("pongs within a message", [Frame(1, isFinal: false), Frame(10), Frame(0)]),
    ]

    @Test("a client that sends too many frames gets 1008, and is closed", arguments: floods)
    func flood(name: String, unit: [WebSocketClientFrame]) async throws {
        try await RunningServer.with { running in
            let client = try await WebSocketTestClient.connect(port: running.port, "/flood")
            // A hundred at once, and 20 a second: 3,000 more take over two minutes.
            var frames: [WebSocketClientFrame] = []
            while frames.count < 3_000 { frames += unit }
            try await client.connection.socket.send(frames.flatMap(\.bytes))
            var answers = 0
            while true {
                let frame = try await client.receive()
                if frame.opcode == 8 {
                    #expect(frame.code == 1008, "\(name)")
                    break
                }
                answers += 1
            }
            #expect(answers < 3_000, "\(name)")
            #expect(try await client.ends())
            #expect(try await running.eventually { running.journal.streamsEnded == 1 })
        }
    }

    @Test("fragments count even before their message is complete")
    func endlessFragments() async throws {
        try await RunningServer.with { running in
            let client = try await WebSocketTestClient.connect(port: running.port, "/flood")
            let frames = [Frame(1, isFinal: false)] + [WebSocketClientFrame](repeating: Frame(0, isFinal: false), count: 2_000)
            try await client.connection.socket.send(frames.flatMap(\.bytes))
            #expect(try await client.receive().code == 1008)
            #expect(try await client.ends())
        }
    }

    @Test("frames within the limit are accepted, and the latest ping is answered last")
    func allowed() async throws {
        try await RunningServer.with { running in
            let client = try await WebSocketTestClient.connect(port: running.port, "/flood")
            try await client.connection.socket.send((1...50).flatMap { Frame(9, "\($0)").bytes })
            var last = 0
            while last < 50 {
                let frame = try await client.receive()
                let number = Int(frame.text) ?? 0
                #expect(frame.opcode == 10 && number > last)
                last = number
            }
            for number in 0..<49 { try await client.send(Frame(1, "\(number)")) }
            for number in 0..<49 { #expect(try await client.receive().text == "\(number)") }
        }
    }

    @Test("a client that sends too many bytes in few frames gets 1008")
    func bytes() async throws {
        try await RunningServer.with { running in
            let client = try await WebSocketTestClient.connect(port: running.port, "/quiet")
            try await client.send(Frame(1, String(repeating: "a", count: 500)))
            #expect(try await client.receive().payload.count == 500)
            try await client.send(Frame(1, String(repeating: "a", count: 600)))
            #expect(try await client.receive().code == 1008)
            #expect(try await client.ends())
        }
    }

    @Test("while draining, the response to a handshake has one Connection field, with upgrade")
    func draining() async throws {
        try await RunningServer.with { running in
            running.server.beginDrain()
            _ = try await running.talk("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let socket = try await running.connect()
            try await socket.send(WebSocketTestClient.request("/ws"))
            let head = try await HTTPTestConnection(socket).head()
            #expect(head.status == 101)
            #expect(head.headers.filter { $0.name.lowercased() == "connection" }.map { $0.value } == ["upgrade"])
        }
    }

    @Test("a client that disconnects ends its session")
    func vanished() async throws {
        try await RunningServer.with { running in
            let reset = try await WebSocketTestClient.connect(port: running.port, "/ws")
            reset.connection.socket.reset()
            let ended = try await WebSocketTestClient.connect(port: running.port, "/ws")
            ended.connection.socket.finishSending()
            #expect(try await ended.ends())
            #expect(try await running.eventually { running.journal.streamsEnded == 2 })
        }
    }
}
