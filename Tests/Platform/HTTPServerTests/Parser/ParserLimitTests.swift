import Glibc
import Testing
import TestSupport

@testable import HTTPServer

@Suite struct ParserLimitTests {
    /// The limits at their edges, whole and drop by drop.
    private func refusal(_ text: String, _ limits: HTTPLimits = HTTPLimits()) -> Int? {
        let bytes = Array(text.utf8)
        let whole = ParserDriver.verdict([bytes], limits: limits)
        let drops = ParserDriver.verdict(bytes.map { [$0] }, limits: limits)
        #expect(whole == drops)
        #expect(whole.refusal != nil || whole.requests.count == 1)
        return whole.refusal
    }

    @Test func aRequestLineMayHave16KiB() {
        for (length, status) in [(8_000, nil), (16 << 10, nil), ((16 << 10) + 1, 414), (40_000, 414)] as [(Int, Int?)] {
            let target = "/" + String(repeating: "a", count: length - "GET / HTTP/1.1".count)
            #expect(refusal("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n") == status)
        }
    }

    /// RFC 9110 §9.3.2: what is refused of HEAD has no content, whatever is wrong with it.
    @Test func aRefusedHEADIsRecognised() {
        var count = 0
        for (name, text, status) in MalformedRequests.all {
            for method in ["GET ", "POST "] where text.hasPrefix(method) {
                for (other, isHead) in [("HEAD ", true), ("GET ", false), ("HEADS ", false), ("head ", false), ("HEA", false)] {
                    let bytes = (other + String(text.dropFirst(method.count))).wire
                    for pieces in [[bytes], bytes.map { [$0] }, [Array("\r\n".utf8) + bytes]] {
                        var driver = ParserDriver()
                        for piece in pieces where driver.verdict.refusal == nil { driver.feed(piece) }
                        #expect(
                            driver.verdict.refusal != nil && driver.parser.answersHead == isHead, "\(other)\(name), \(status)")
                    }
                }
                count += 1
            }
        }
        #expect(count > 200)
    }

    /// An incomplete HEAD is recognised too: the client may be too slow, or disconnect.
    @Test func anIncompleteHEADIsRecognised() {
        let text = Array("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na".utf8)
        for length in 0..<text.count {
            var driver = ParserDriver()
            driver.feed(Array(text[..<length]))
            #expect(driver.parser.answersHead == (length >= 5), "\(length)")
        }
        var driver = ParserDriver()
        driver.feed(text + [UInt8(ascii: "b")])
        #expect(driver.verdict.requests.count == 1 && !driver.parser.answersHead)
    }

    /// Against inet_pton(3), which knows the same forms.
    @Test func anIPv6HostMustBeAnAddress() {
        var random = SeededGenerator(seed: 6)
        let parts = [
            "1", "abcd", "0", "ffff", "12345", "g", "", ":", "::", ":", ":", ":", "1.2.3.4", "01.2.3.4", "255.255.255.255",
            "1.2.3", "256.1.1.1",
        ]
        var good = 0
        for _ in 0..<60_000 {
            var text = ""
            for _ in 0..<Int.random(in: 1...16, using: &random) { text += parts.randomElement(using: &random) ?? "" }
            // Now and then one that is whole.
            if Int.random(in: 0..<4, using: &random) == 0 {
                let groups = (0..<Int.random(in: 1...9, using: &random)).map { _ in
                    String(Int.random(in: 0...0xFFFF, using: &random), radix: 16)
                }
                text = groups.joined(separator: ":")
                if Bool.random(using: &random), let at = text.indices.filter({ text[$0] == ":" }).randomElement(using: &random) {
                    text.insert(":", at: at)
                }
                if Int.random(in: 0..<3, using: &random) == 0 { text += ":10.0.0.1" }
            }
            var address = in6_addr()
            let isAddress = inet_pton(AF_INET6, text, &address) == 1
            if isAddress { good += 1 }
            let host = Array("[\(text)]".utf8)
            #expect(host.span.isAuthority(0..<host.count) == isAddress, "\(text)")
        }
        #expect(good > 2_000)
    }

    @Test func anEndlessRequestLineIsRefusedWithoutItsEnd() {
        #expect(refusal("GET /" + String(repeating: "a", count: 16 << 10)) == 414)
        // RFC 9112 §3: a method longer than any that is known is 501.
        for method in [17_000, 16_380, 16_385, 40_000] {
            let line = String(repeating: "A", count: method)
            if method > 16 << 10 { #expect(refusal(line) == 501, "\(method)") }
            #expect(refusal("\(line) / HTTP/1.1\r\nHost: a\r\n\r\n") == 501, "\(method)")
        }
        #expect(refusal("OPTIONS /" + String(repeating: "a", count: 16 << 10)) == 414)
        #expect(refusal(String(repeating: "(", count: 17_000)) == 414)
        #expect(refusal("GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 16 << 10)) == 431)
    }

    @Test func aFieldMayHave16KiB() {
        for (length, status) in [(16 << 10, nil), ((16 << 10) + 1, 431)] as [(Int, Int?)] {
            let value = String(repeating: "a", count: length - 3)
            #expect(refusal("GET / HTTP/1.1\r\nHost: a\r\nX: \(value)\r\n\r\n") == status)
        }
    }

    @Test func allFieldsMayHave64KiB() {
        // Host and four of 16 KiB less what it takes make 64 KiB to the byte.
        let large = "X: " + String(repeating: "a", count: (16 << 10) - 5) + "\r\n"
        let host = "Host: a\r\n"
        let last = "X: " + String(repeating: "a", count: (16 << 10) - 5 - host.utf8.count) + "\r\n"
        let exact = host + large + large + large + last
        #expect(exact.utf8.count == 64 << 10)
        #expect(refusal("GET / HTTP/1.1\r\n\(exact)\r\n") == nil)
        #expect(refusal("GET / HTTP/1.1\r\n\(exact)Y:\r\n\r\n") == 431)
    }

    @Test func aRequestMayHave100FieldsTrailersIncluded() {
        func fields(_ count: Int) -> String { (0..<count).map { "X-\($0): a\r\n" }.joined() }
        #expect(refusal("GET / HTTP/1.1\r\nHost: a\r\n\(fields(99))\r\n") == nil)
        #expect(refusal("GET / HTTP/1.1\r\nHost: a\r\n\(fields(100))\r\n") == 431)
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
        #expect(refusal("\(chunked)\(fields(98))\r\n") == nil)
        #expect(refusal("\(chunked)\(fields(99))\r\n") == 431)
    }

    @Test func chunkExtensionsMayHave16KiBABody() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        func chunk(_ length: Int) -> String { "1;" + String(repeating: "a", count: length - 1) + "\r\nx\r\n" }
        #expect(refusal(head + chunk(16_384) + "0\r\n\r\n") == nil)
        #expect(refusal(head + chunk(16_385) + "0\r\n\r\n") == 400)
        #expect(refusal(head + chunk(17_000) + "0\r\n\r\n") == 400)
        #expect(refusal(head + chunk(8_000) + chunk(8_000) + "0\r\n\r\n") == nil)
        #expect(refusal(head + chunk(8_000) + chunk(8_000) + chunk(400) + "0\r\n\r\n") == 400)
    }

    @Test func aBodyMayReachItsLimitAndNotExceedIt() {
        var limits = HTTPLimits()
        limits.body = 10
        let head = "POST / HTTP/1.1\r\nHost: a\r\n"
        #expect(refusal("\(head)Content-Length: 10\r\n\r\n0123456789", limits) == nil)
        #expect(refusal("\(head)Content-Length: 11\r\n\r\n", limits) == 413)
        #expect(refusal("\(head)Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n", limits) == nil)
        #expect(refusal("\(head)Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n6\r\n", limits) == 413)
    }

    @Test func anAnnouncedBodyTakesNoMemoryBeforeItArrives() {
        var driver = ParserDriver()
        driver.feed(Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\na".utf8))
        #expect(driver.parser.heldBytes <= 128 << 10)
    }

    @Test func limitsOfZeroAndOfTheLargestNumberHold() {
        var none = HTTPLimits()
        none.requestLine = 0
        #expect(refusal("GET / HTTP/1.1\r\n", none) == 414)
        none = HTTPLimits()
        none.fields = 0
        #expect(refusal("GET / HTTP/1.0\r\n\r\n", none) == nil)
        #expect(refusal("GET / HTTP/1.0\r\nA: b\r\n\r\n", none) == 431)
        var all = HTTPLimits()
        (all.requestLine, all.header, all.headers, all.fields) = (.max, .max, .max, .max)
        (all.body, all.chunkExtensions) = (.max, .max - 16)
        #expect(refusal("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a\r\na\r\n0\r\n\r\n", all) == nil)
    }
}
