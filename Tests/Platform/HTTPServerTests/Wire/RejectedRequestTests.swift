import Testing
import TestSupport

@testable import HTTPServer

@Suite struct RejectedRequestTests {
    @Test func aValidRequestAndThenAnInvalidOneGet200AndThen400() async throws {
        try await RunningServer.with { running in
            for first in ["/first", "/yield", "/sleep/20"] {
                let text = try await running.talk(
                    "GET \(first) HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nBad Name: a\r\n\r\nGET /never HTTP/1.1\r\nHost: a\r\n\r\n"
                )
                #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(text.components(of: "HTTP/1.1 ") == 2)
                #expect(text.contains("HTTP/1.1 400 Bad Request\r\n"))
            }
            #expect(!running.journal.begun.contains("/never"))
        }
    }

    /// RFC 9110 §9.3.2.
    @Test func theRejectionOfAHEADHasNoContent() async throws {
        let long = String(repeating: "a", count: 17_000)
        let cases: [(String, Int)] = [
            ("HEAD / HTTP/1.1\r\nHost: a\r\nX Y: 1\r\n\r\n", 400), ("HEAD / HTTP/1.1\r\n\r\n", 400),
            ("HEAD /a HTTP/1.1 \r\n\r\n", 400),
            ("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413),
            ("HEAD /\(long) HTTP/1.1\r\n", 414), ("HEAD / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417),
            ("HEAD / HTTP/1.1\r\nHost: a\r\nX: \(long)\r\n\r\n", 431), ("HEAD / HTTP/9.9\r\nHost: a\r\n\r\n", 505),
            ("HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
            ("HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
        ]
        try await RunningServer.with({ $0.headerTimeout = .milliseconds(300) }) { running in
            for (text, status) in cases {
                let reply = try await running.talk(text)
                #expect(
                    reply.hasPrefix("HTTP/1.1 \(status) ") && reply.hasSuffix("\r\n\r\n")
                        && reply.components(of: "\r\n\r\n") == 1, "\(reply)")
                #expect(reply.contains("Content-Length: "))
            }
            // Too slow, and gone before it was complete.
            #expect(try await running.talk("HEAD / HTTP/1.1\r\nHost").hasSuffix("\r\n\r\n"))
            let leaves = try await running.connect()
            try await leaves.send("HEAD / HTTP/1.1\r\nHost: a\r\n")
            leaves.finishSending()
            let reply = String(decoding: try await leaves.readToEnd(), as: UTF8.self)
            #expect(reply.hasPrefix("HTTP/1.1 400 ") && reply.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func aConnectionClosesAfterTooMany429InARow() async throws {
        func ask(_ running: RunningServer, _ statuses: [Int]) async throws -> [String] {
            let text = try await running.talk(
                statuses.map { "GET /status/\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
                    + "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            return text.split(separator: "HTTP/1.1 ").map {
                String($0.prefix(3)) + ($0.contains("\r\nConnection: close\r\n") ? " close" : "")
            }
        }
        let refused = [Int](repeating: 429, count: 25)
        try await RunningServer.with { running in
            let answers = try await ask(running, refused)
            #expect(answers == [String](repeating: "429", count: 19) + ["429 close"])
            // Something else in between, and it begins again.
            let mixed = refused.prefix(19) + [200] + refused.prefix(19) + [503, 404]
            let others = try await ask(running, Array(mixed))
            #expect(others == mixed.map(String.init) + ["200 close"])
        }
        try await RunningServer.with({ $0.maximumRateLimitedResponses = 0 }) { running in
            let answers = try await ask(running, refused)
            #expect(answers == refused.map(String.init) + ["200 close"])
        }
        try await RunningServer.with({ $0.maximumRateLimitedResponses = 1 }) { running in
            let answers = try await ask(running, refused)
            #expect(answers == ["429 close"])
        }
    }

    @Test func nothingAfterARejectedRequestIsAnswered() async throws {
        try await RunningServer.with { running in
            let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
            for attack in [
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\n\r\n",
            ] {
                let text = try await running.talk(attack + smuggled)
                #expect(text.components(of: "HTTP/1.1 ") == 1)
                #expect(text.hasPrefix("HTTP/1.1 400 "))
                #expect(text.contains("Connection: close\r\n"))
            }
            #expect(!running.journal.begun.contains("/smuggled"))
        }
    }

    @Test func theResponseToABadRequestArrivesThoughTheClientStillSends() async throws {
        try await RunningServer.with { running in
            let socket = try await running.connect()
            try await socket.send("GET / HTTP/9.9\r\n" + String(repeating: "x", count: 100_000))
            try await Task.sleep(for: .milliseconds(100))
            try await socket.send(String(repeating: "x", count: 100_000))
            let text = String(decoding: try await socket.readToEnd(), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 505 "))
        }
    }

    @Test func aClientThatNeverStopsSendingIsCutOff() async throws {
        try await RunningServer.with({ $0.lingerTimeout = .milliseconds(200) }) { running in
            let socket = try await running.connect()
            try await socket.send("GET / HTTP/9.9\r\n\r\n")
            #expect(try await running.eventually { running.server.openConnections == 0 })
        }
    }

    @Test func aBodyThatIsTooLargeIsRejectedBeforeItIsSent() async throws {
        try await RunningServer.with { running in
            let text = try await running.talk("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n")
            #expect(text.hasPrefix("HTTP/1.1 413 "))
            let waiting = try await running.talk(
                "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1048577\r\n\r\n")
            #expect(waiting.hasPrefix("HTTP/1.1 413 "))
            #expect(running.journal.begun.isEmpty)
        }
    }

    /// What is gathered is kept, so a route's own limit counts below the server's.
    @Test func aRoutesLimitHoldsUpToThatOfTheServer() async throws {
        let body = [UInt8](repeating: 1, count: 3 << 20)
        try await RunningServer.with({ $0.limits.body = 8 << 20 }) { running in
            let response = try await HTTPTestClient(port: running.port).request("POST", "/echo/import", body: body)
            // Not in one expectation: the difference of two long bodies takes minutes to find.
            let isSame = response.status == 200 && response.body == body
            #expect(isSame)
        }
        try await RunningServer.with { running in
            let refused = try await HTTPTestClient(port: running.port).request("POST", "/echo/import", body: body)
            #expect(refused.status == 413)
        }
    }

    @Test func aClientThatExpectsA100GetsItAndThenTheResponse() async throws {
        try await RunningServer.with { running in
            let socket = try await running.connect()
            try await socket.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            let interim = "HTTP/1.1 100 Continue\r\n\r\n"
            #expect(String(decoding: try await socket.read(interim.utf8.count), as: UTF8.self) == interim)
            try await socket.send("hello")
            let (response, reusable) = try await HTTPTestConnection(socket).response()
            #expect(response.text == "hello")
            #expect(reusable)
        }
    }

    @Test func http10GetsNo100AndAnotherExpectationGets417() async throws {
        try await RunningServer.with { running in
            let old = try await running.talk(
                "POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
            #expect(old.hasPrefix("HTTP/1.1 200 "))
            #expect(old.hasSuffix("hello"))
            let other = try await running.talk("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 5\r\n\r\nhello")
            #expect(other.hasPrefix("HTTP/1.1 417 "))
        }
    }

    @Test func aTargetInAbsoluteFormSetsTheHost() async throws {
        try await RunningServer.with { running in
            let client = HTTPTestClient(port: running.port)
            let response = try await client.request("GET", "http://shop.example/host", headers: [("Host", "other.example")])
            #expect(response.text == "shop.example")
            #expect(try await client.request("OPTIONS", "*").text == "*")
        }
    }
}
