import Testing
import TestSupport

@testable import HTTPServer

@Suite struct ExchangeTests {
    @Test func aRequestIsAnsweredWithDateAndLengthAndTheConnectionStays() async throws {
        try await RunningServer.with { running in
            let client = HTTPTestClient(port: running.port)
            for path in ["/a", "/b", "/c"] {
                let response = try await client.request("GET", path)
                #expect(response.status == 200)
                #expect(response.text == path)
                #expect(response.header("Content-Type") == "text/plain")
                #expect(response.header("Date")?.hasSuffix("GMT") == true)
                #expect(response.header("Connection") == nil)
            }
            #expect(client.connections == 1)
        }
    }

    @Test func bodiesAreEchoedUnchanged() async throws {
        try await RunningServer.with { running in
            let client = HTTPTestClient(port: running.port)
            for size in [0, 1, 1_000, 65_535, 65_536, 70_000, 1 << 20] {
                let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                let response = try await client.request("POST", "/echo", body: body)
                #expect(response.status == 200)
                #expect(response.body == body)
            }
            #expect(client.connections == 1)
        }
    }

    @Test func aThousandPipelinedRequestsAreAnsweredInOrder() async throws {
        try await RunningServer.with { running in
            let socket = try await running.connect()
            let requests = (0..<1_000).map {
                $0 % 97 == 5
                    ? "GET /sleep/1/\($0) HTTP/1.1\r\nHost: a\r\n\r\n"
                    : $0 % 5 == 3
                        ? "GET /yield/\($0) HTTP/1.1\r\nHost: a\r\n\r\n"
                        : "POST /\($0) HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
            }
            async let sending: Void = socket.send(requests.joined())
            let connection = HTTPTestConnection(socket)
            for number in 0..<1_000 {
                let (response, _) = try await connection.response()
                #expect(response.text.hasSuffix("/\(number)"))
            }
            try await sending
        }
    }

    @Test func aHEADGetsTheLengthAndNoBody() async throws {
        try await RunningServer.with { running in
            let text = try await running.talk(
                "HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\nHEAD /large/100000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(text.contains("Content-Length: 4\r\n"))
            #expect(text.contains("Content-Length: 100000\r\n"))
            #expect(text.hasSuffix("\r\n\r\n"))
            #expect(text.components(of: "HTTP/1.1 200 OK\r\n") == 2)
            #expect(!text.contains("xxx"))
        }
    }

    @Test(arguments: [204, 304]) func statusesWithoutBodyHaveNone(_ status: Int) async throws {
        try await RunningServer.with { running in
            let text = try await running.talk(
                "GET /status/\(status) HTTP/1.1\r\nHost: a\r\n\r\nGET /close HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(text.hasPrefix("HTTP/1.1 \(status) "))
            #expect(!text.contains("body"))
            #expect(status == 304 || text.components(of: "Content-Length") == 1)
            #expect(text.hasSuffix("bye"))
        }
    }

    @Test func connectionsCloseWhenEitherSideAsksForIt() async throws {
        try await RunningServer.with { running in
            for request in [
                "GET /close HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: foo , Close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
            ] {
                let text = try await running.talk(request + "GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(text.components(of: "HTTP/1.1 200 OK") == 1)
                #expect(text.contains("Connection: close\r\n"))
            }
            #expect(!running.journal.begun.contains("/never"))
        }
    }

    @Test func http10KeepsTheConnectionOnlyWhenAsked() async throws {
        try await RunningServer.with { running in
            let text = try await running.talk(
                "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n")
            #expect(text.components(of: "HTTP/1.1 200 OK") == 2)
            #expect(text.components(of: "Connection: keep-alive") == 1)
            #expect(text.components(of: "Connection: close") == 1)
        }
    }
}

extension String {
    /// How often a text occurs.
    func components(of text: String) -> Int { split(separator: text, omittingEmptySubsequences: false).count - 1 }
}
