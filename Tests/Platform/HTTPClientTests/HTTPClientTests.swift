import CSystem
import EventLoop
import Foundation
import TestSupport
import Testing

@testable import HTTPClient

@Suite(.serialized) struct HTTPClientTests {
    let peer: PeerProcess
    let http: String
    let counter: HTTPTestClient

    init() throws {
        peer = try PeerProcess("http_peer")
        http = try peer.http
        counter = HTTPTestClient(port: try #require(UInt16(try peer.value("http"))))
    }

    /// What the peer has counted, asked on a connection of its own.
    private func counts() async throws -> [String: Int] {
        let response = try await counter.request("GET", "/counts")
        return try #require(try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Int])
    }

    @Test("method, headers and body arrive as they were given, and nothing else does") func echo() async throws {
        let http = http
        try await withHTTPClient { client in
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let request = HTTPClientRequest(
                method: "POST", url: http + "/echo?a=b",
                headers: [("Content-Type", "text/x"), ("X-Empty", ""), ("X-Text", "a: b;c")],
                body: bytes, timeout: .seconds(30))
            let response = try await client.send(request)
            #expect(response.status == 200)
            let told = try response.object
            #expect(told["method"] as? String == "POST")
            #expect(told["target"] as? String == "/echo?a=b")
            #expect(told["length"] as? Int == 100_000)
            let lines = try #require(told["lines"] as? [String]).map { $0.split(separator: ":")[0].lowercased() }
            #expect(lines.sorted() == ["accept", "content-length", "content-type", "host", "user-agent", "x-empty", "x-text"])
            #expect((told["lines"] as? [String])?.contains("X-Text: a: b;c") == true)
            #expect(response.header("content-TYPE") == "application/json")
            #expect(response.headers.filter { $0.name.lowercased() == "x-twice" }.map(\.value) == ["one", "two"])
        }
    }

    @Test("a handle that is used again keeps nothing of the request before") func reuse() async throws {
        let http = http
        try await withHTTPClient { client in
            let requests = [
                HTTPClientRequest(method: "PUT", url: http + "/echo", headers: [("Authorization", "x")], body: [1, 2, 3]),
                HTTPClientRequest(method: "GET", url: http + "/echo"),
                HTTPClientRequest(method: "POST", url: http + "/echo"),
                HTTPClientRequest(method: "HEAD", url: http + "/echo"),
                HTTPClientRequest(method: "DELETE", url: http + "/echo"),
                HTTPClientRequest(
                    method: "POST", url: http + "/echo", body: [1],
                    signing: AWSSigning(region: "r", service: "s", accessKey: "key", secretKey: "secret", sessionToken: "t")),
                HTTPClientRequest(method: "PATCH", url: http + "/echo", body: [1]),
            ]
            for request in requests + requests.reversed() {
                let response = try await client.send(request)
                #expect(response.status == 200)
                guard request.method != "HEAD" else {
                    #expect(response.body.isEmpty)
                    continue
                }
                let told = try response.object
                #expect(told["method"] as? String == request.method)
                #expect(told["length"] as? Int == request.body.count)
                let lines = try #require(told["lines"] as? [String]).joined(separator: "\n")
                #expect(
                    lines.contains("Authorization:") == (request.signing != nil || request.method == "PUT"), "\(request.method)")
                #expect(lines.contains("AWS4-HMAC-SHA256") == (request.signing != nil))
                #expect(lines.contains("X-Amz") == (request.signing != nil))
                #expect(told["connection"] as? Int == 1)
            }
        }
    }

    @Test("a request with an option that libcurl refuses is not sent: the keys would be the password") func refusedOption()
        async throws
    {
        let http = http
        try await withHTTPClient { client in
            // libcurl takes no text of more than 8 million bytes.
            let signing = AWSSigning(
                region: String(repeating: "r", count: 9_000_000), service: "s", accessKey: "key", secretKey: "secret")
            let error = await client.failure(
                HTTPClientRequest(method: "POST", url: http + "/echo", timeout: .seconds(30), signing: signing))
            #expect(error?.kind == .unavailable)
            let told = try await client.get(http + "/echo").object
            #expect("\(told["lines"] ?? "")".contains("Authorization") == false)
        }
    }

    @Test("URLs are the same where their bytes are") func equivalents() async throws {
        let http = http
        try await withHTTPClient { client in
            // The same character, composed and as two scalars.
            let urls = [http + "/echo?\u{e9}", http + "/echo?e\u{301}"]
            #expect(urls[0] == urls[1])
            var targets: Set<[UInt8]> = []
            for url in urls {
                let target = try await client.get(url).object["target"] as? String ?? ""
                targets.insert(Array(target.utf8))
            }
            #expect(targets.count == 2)
        }
    }

    @Test("any status is an answer, and a redirect is not followed") func statuses() async throws {
        let http = http
        try await withHTTPClient { client in
            for code in [200, 204, 304, 400, 401, 404, 410, 429, 500, 503] {
                #expect(try await client.get(http + "/status?code=\(code)").status == code)
            }
            let redirect = try await client.get(http + "/redirect")
            #expect(redirect.status == 302)
            #expect(redirect.header("location") == "http://169.254.169.254/latest/meta-data/")
            // Without a cookie, on the same connection.
            let told = try await client.get(http + "/echo").object
            #expect("\(told["lines"] ?? "")".contains("Cookie") == false)
            #expect(told["connection"] as? Int == 1)
        }
    }

    @Test("chunks, interim answers and HTTP/1.0 are read") func forms() async throws {
        let http = http
        try await withHTTPClient { client in
            let chunked = try await client.get(http + "/chunked")
            #expect(chunked.text == "first second third")
            #expect(chunked.header("x-trailer") == nil)
            let interim = try await client.get(http + "/interim?count=3")
            #expect((interim.status, interim.text) == (200, "final"))
            #expect(interim.headers.map(\.name) == ["Content-Length", "X-Final"])
            let old = try await client.get(http + "/old")
            #expect((old.text, old.header("x-version")) == ("until the end", "old"))
        }
    }

    @Test("what is not an answer is an error of its kind, and grows no memory") func faults() async throws {
        let http = http
        let faults: [(path: String, kinds: [HTTPClientError.Kind])] = [
            ("/close", [.connection]), ("/partial", [.connection]), ("/garbage", [.protocolViolation]),
            // libcurl has one code for a bad chunk and a lost connection.
            ("/chunked?bad=1", [.protocolViolation, .connection]), ("/headers", [.tooLarge]), ("/line", [.tooLarge]),
            ("/interim", [.tooLarge]), ("/trailers", [.tooLarge]), ("/body?size=10000000000", [.tooLarge]),
        ]
        let before = try residentMemory()
        try await withHTTPClient { client in
            for (path, kinds) in faults {
                let error = try #require(await client.failure(http + path))
                #expect(kinds.contains(error.kind), "\(path): \(error)")
                let after = try await client.get(http + "/echo")
                #expect(after.status == 200)
            }
        }
        #expect(try residentMemory() - before < 32 << 20)
    }

    @Test("of a long body the beginning is kept; a connection whose rest is short is used again") func truncation() async throws {
        let http = http
        try await withHTTPClient { client in
            let short = try await client.get(http + "/body?size=5000", maximumBodyBytes: 1_000, oversizedBody: .truncate)
            #expect((short.body.count, short.isTruncated) == (1_000, true))
            #expect(try await client.get(http + "/echo").header("x-connection") == "1")
            let exact = try await client.get(http + "/body?size=1000", maximumBodyBytes: 1_000, oversizedBody: .truncate)
            #expect((exact.body.count, exact.isTruncated) == (1_000, false))
            let huge = try await client.get(http + "/body?size=10000000000", maximumBodyBytes: 1_000, oversizedBody: .truncate)
            #expect((huge.status, huge.body.count, huge.isTruncated) == (200, 1_000, true))
            #expect(try await client.get(http + "/echo").header("x-connection") == "2")
        }
    }

    @Test("a connection that the server has closed meanwhile does no harm") func forgetful() async throws {
        let http = http
        try await withHTTPClient { client in
            var connections: Set<String?> = []
            for round in 1...5 {
                let response = try await client.send(
                    HTTPClientRequest(method: "POST", url: http + "/forgetful", body: [1, 2, 3]))
                #expect(response.text == "kept")
                connections.insert(response.header("x-connection"))
                #expect(connections.count == round)
                try await expectEventually(client.loop) {
                    // The peer's own connection for the counts is left out.
                    try await counts()["open"] == 1
                }
            }
        }
    }

    @Test("a request that gets no answer fails in time, and leaves no connection") func timeouts() async throws {
        let http = http
        try await withHTTPClient { client in
            #expect(await client.failure(http + "/hang", timeout: .milliseconds(200))?.kind == .timeout)
            #expect(await client.failure(http + "/drip", timeout: .milliseconds(200))?.kind == .timeout)
            let late = await Deadline.$current.withValue(.after(.milliseconds(200))) { await client.failure(http + "/hang") }
            #expect(late?.kind == .timeout)
            let over = await Deadline.$current.withValue(.after(.zero)) { await client.failure(http + "/echo") }
            #expect(over?.kind == .timeout)
            try await expectEventually(client.loop) { try await counts()["open"] == 1 }
        }
    }

    @Test("a host that does not answer a connection attempt is a timeout, one that refuses it an error") func connecting()
        async throws
    {
        let port = try FreePort.find()
        // The kernel drops attempts that do not fit into the queue of a listener that accepts none.
        let deaf = try FreePort.find()
        let listener = csystem_listen("127.0.0.1", deaf, 0)
        #expect(listener >= 0)
        let queued = (0..<4).map { _ in csystem_connect("127.0.0.1", deaf) }
        defer { for descriptor in queued + [listener] { close(descriptor) } }
        try await withHTTPClient { client in
            #expect(await client.failure("http://127.0.0.1:\(port)/")?.kind == .connection)
            let request = HTTPClientRequest(
                url: "http://127.0.0.1:\(deaf)/", connectTimeout: .milliseconds(200), timeout: .seconds(300))
            #expect(await client.failure(request)?.kind == .timeout)
        }
    }

    @Test("silence ends a request before a long timeout") func silence() async throws {
        let http = http
        var settings = HTTPClientSettings(name: "test")
        settings.inactivityTimeout = .seconds(1)
        try await withHTTPClient(settings) { client in
            let error = await client.failure(http + "/hang", timeout: .seconds(300))
            #expect(error?.kind == .timeout)
        }
    }

    @Test("cancelling the task ends its request and closes the connection") func cancellation() async throws {
        let http = http
        try await withHTTPClient { client in
            nonisolated(unsafe) let sender = client
            var tasks: [Task<Void, Never>] = []
            nonisolated(unsafe) var kinds: [HTTPClientError.Kind?] = []
            for _ in 0..<50 {
                tasks.append(client.loop.run { kinds.append(await sender.failure(http + "/hang")?.kind) })
            }
            try await expectEventually(client.loop) { try await counts()["open"] == 51 }
            for task in tasks { task.cancel() }
            for task in tasks { await task.value }
            #expect(kinds == Array(repeating: .cancelled, count: 50))
            #expect(client.inFlightCount == 0)
            try await expectEventually(client.loop) { try await counts()["open"] == 1 }
            // Cancelled before it begins.
            let task = client.loop.run {
                withUnsafeCurrentTask { $0?.cancel() }
                kinds.append(await sender.failure(http + "/echo")?.kind)
            }
            await task.value
            #expect(kinds.last == .cancelled)
        }
    }

    @Test("closing ends what is in flight, and refuses what comes later") func closing() async throws {
        let http = http
        try await withHTTPClient { client in
            nonisolated(unsafe) let sender = client
            nonisolated(unsafe) var kind: HTTPClientError.Kind?
            let task = client.loop.run { kind = await sender.failure(http + "/hang")?.kind }
            try await expectEventually(client.loop) { try await counts()["open"] == 2 }
            await client.close()
            await task.value
            #expect(kind == .closed)
            #expect(await client.failure(http + "/echo")?.kind == .closed)
            try await expectEventually(client.loop) { try await counts()["open"] == 1 }
        }
    }

    /// In a process of its own, since other tests open descriptors and take memory, too.
    @Test("thousands of requests at a time share few connections, and leave no descriptor and no memory") func many() async {
        await #expect(processExitsWith: .success) { try await HTTPClientTests().leavesNothing() }
    }

    private func leavesNothing() async throws {
        let http = http
        try await withHTTPClient { client in
            nonisolated(unsafe) let sender = client
            func round(_ count: Int) async {
                nonisolated(unsafe) var answered = 0
                var tasks: [Task<Void, Never>] = []
                for number in 0..<count {
                    tasks.append(
                        sender.loop.run {
                            let request = HTTPClientRequest(
                                method: "POST", url: http + "/echo?n=\(number)", body: Array(repeating: 7, count: number % 5_000),
                                timeout: .seconds(120))
                            guard let response = try? await sender.send(request), let told = try? response.object else { return }
                            if told["target"] as? String == "/echo?n=\(number)", told["length"] as? Int == number % 5_000 {
                                answered += 1
                            }
                        })
                }
                for task in tasks { await task.value }
                #expect(answered == count)
            }
            // The allocator needs some rounds until it has found its size.
            for _ in 0..<3 { await round(3_000) }
            let descriptors = try openDescriptors()
            let memory = try residentMemory()
            for _ in 0..<3 { await round(3_000) }
            #expect(try openDescriptors() <= descriptors + 2)
            #expect(try residentMemory() - memory < 48 << 20)
            #expect(try #require(try await counts()["connections"]) <= 64 + 20)
        }
        let descriptors = try openDescriptors()
        try await withHTTPClient { client in
            for path in ["/echo", "/close", "/garbage", "/partial"] { _ = await client.failure(http + path) }
        }
        #expect(try openDescriptors() <= descriptors)
    }
}
