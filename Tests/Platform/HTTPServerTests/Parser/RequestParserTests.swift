import Testing

@testable import HTTPServer

@Suite struct RequestParserTests {
    @Test(arguments: MalformedRequests.all.map { RefusedCase(name: $0.name, bytes: $0.text.wire, status: $0.status) })
    func isRefusedWithTheRightStatusHoweverItIsSplit(_ refused: RefusedCase) {
        #expect(ParserDriver.verdict([refused.bytes]) == Verdict(requests: [], refusal: refused.status))
        #expect(ParserDriver.disagreement(refused.bytes) == nil)
        // Whatever went well before it stands.
        let good = Array("GET /first HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        #expect(
            ParserDriver.verdict([good + refused.bytes])
                == Verdict(requests: ["GET /first 1.1 [Host=a] "], refusal: refused.status))
    }

    struct RefusedCase: CustomTestStringConvertible, Sendable {
        let name: String
        let bytes: [UInt8]
        let status: Int
        var testDescription: String { name }
    }

    @Test(arguments: AcceptedRequests.all) func isAcceptedForEverySplit(_ accepted: AcceptedRequests.Case) {
        #expect(ParserDriver.verdict([accepted.text.wire]) == Verdict(requests: accepted.requests, refusal: nil))
        #expect(ParserDriver.disagreement(accepted.text.wire) == nil)
    }

    @Test func aRefusalIsFinal() {
        var driver = ParserDriver()
        driver.feed(Array("GET / HTTP/9.9\r\n".utf8))
        driver.feed(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        #expect(driver.verdict == Verdict(requests: [], refusal: 505))
    }

    @Test func aWrongLineIsRefusedBeforeTheNextArrives() {
        for prefix in [
            "GET / HTTP/1.1\n", "GET / HTTP/1.1\rX", "GET /\0", "GET / HTTP/1.1\r\nA : b\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n",
        ] {
            #expect(ParserDriver.verdict(prefix).refusal == 400)
        }
    }

    @Test func theBodyIsAnnouncedOnceAndA100IsSentOnlyWhileItIsMissing() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n"
        var waiting = ParserDriver()
        waiting.feed(Array(head.utf8))
        #expect((waiting.announced, waiting.continues) == (1, 1))
        waiting.feed(Array("abc".utf8))
        #expect((waiting.announced, waiting.continues, waiting.verdict.requests.count) == (1, 1, 1))
        var sent = ParserDriver()
        sent.feed(Array((head + "a").utf8))
        #expect((sent.announced, sent.continues) == (1, 0))
        var old = ParserDriver()
        old.feed(Array(head.replacing("HTTP/1.1", with: "HTTP/1.0").utf8))
        #expect((old.announced, old.continues) == (1, 0))
        var none = ParserDriver()
        none.feed(Array("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n".utf8))
        #expect((none.announced, none.continues, none.verdict.requests.count) == (0, 0, 1))
    }

    @Test func aRouteCanSetItsOwnBodyLimit() {
        for (limit, refusal, streams) in [(3, 413, false), (3, 413, true), (4, nil, false), (4, nil, true)] as [(Int, Int?, Bool)]
        {
            for body in ["Content-Length: 4\r\n\r\nabcd", "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"] {
                let bytes = Array("POST / HTTP/1.1\r\nHost: a\r\n\(body)".utf8)
                var parser = RequestParser(limits: HTTPLimits())
                var position = 0
                var seen: Int?
                loop: while true {
                    switch parser.next(bytes.span, from: &position) {
                    case .announced:
                        parser.bodyLimit = limit
                        parser.streamsBody = streams
                    case .refused(let fault):
                        seen = fault.status.code
                        break loop
                    case .incomplete, .complete: break loop
                    case .continueExpected, .begun, .piece, .bodyEnded: break
                    }
                }
                #expect(seen == refusal)
            }
        }
    }

    @Test func thePhaseIsIdleThenHeadThenBody() {
        var driver = ParserDriver()
        #expect(driver.parser.phase == .idle)
        driver.feed(Array("\r\n".utf8))
        #expect(driver.parser.phase == .idle)
        driver.feed(Array("G".utf8))
        #expect(driver.parser.phase == .head)
        driver.feed(Array("ET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n".utf8))
        #expect(driver.parser.phase == .head)
        driver.feed(Array("\r\n".utf8))
        #expect(driver.parser.phase == .body)
        driver.feed(Array("ab".utf8))
        #expect(driver.parser.phase == .idle)
    }
}
