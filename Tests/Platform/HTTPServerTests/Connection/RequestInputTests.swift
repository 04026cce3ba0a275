import Testing

@testable import HTTPServer

@Suite struct RequestInputTests {
    private static let requests = Array("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n".utf8)

    private func path(_ step: RequestParser.Step) -> String? {
        guard case .complete(let request) = step else { return nil }
        return String(decoding: request.head.bytes[request.head.path], as: UTF8.self)
    }

    @Test func aReadIsParsedWhereItLiesAndTheRestIsCopied() {
        var input = RequestInput(limits: HTTPLimits())
        input.begin(0..<Self.requests.count)
        let first = input.next(Self.requests)
        #expect(path(first) == "/a")
        #expect(input.count > 0 && input.copiedCount == 0)
        input.end(keeping: true, of: Self.requests)
        #expect(input.copiedCount == Self.requests.count / 2)
        // The loop's buffer has other bytes by now.
        let second = input.next([UInt8](repeating: 0, count: Self.requests.count))
        #expect(path(second) == "/b")
        #expect(input.count == 0)
    }

    @Test func aRequestInManyPiecesIsCompleteWithTheLast() {
        var input = RequestInput(limits: HTTPLimits())
        let request = Self.requests.prefix(Self.requests.count / 2)
        for index in request.indices {
            input.copy(index..<index + 1, of: Self.requests)
            let step = input.next([])
            #expect((path(step) == "/a") == (index == request.endIndex - 1))
        }
        #expect(input.phase == .idle && input.count == 0)
    }

    @Test func whatIsDroppedIsGone() {
        var input = RequestInput(limits: HTTPLimits())
        input.copy(0..<Self.requests.count, of: Self.requests)
        input.drop()
        #expect(input.count == 0)
        input.begin(0..<Self.requests.count)
        input.end(keeping: false, of: Self.requests)
        #expect(input.count == 0)
    }

    @Test func anAbandonedRequestIsTheLast() {
        var input = RequestInput(limits: HTTPLimits())
        input.copy(0..<10, of: Self.requests)
        _ = input.next([])
        input.abandon()
        input.copy(0..<Self.requests.count, of: Self.requests)
        guard case .refused = input.next([]) else {
            Issue.record("a request is read after one that was abandoned")
            return
        }
    }

    @Test func theMemoryOfAClientThatNeverStopsSendingIsBounded() {
        var input = RequestInput(limits: HTTPLimits())
        let request = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        input.copy(0..<10, of: request)
        for _ in 0..<10_000 {
            input.copy(10..<request.count, of: request)
            input.copy(0..<10, of: request)
            let step = input.next([])
            #expect(path(step) == "/")
        }
        #expect(input.heldBytes < 8_192)
    }
}
