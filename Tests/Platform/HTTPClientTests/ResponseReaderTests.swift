import TestSupport
import Testing

@testable import HTTPClient

@Suite struct ResponseReaderTests {
    private func reader(
        head: Int = 1_000, body: Int = 100, _ long: HTTPClientRequest.OversizedBody = .fail, rest: Int = 50
    ) -> ResponseReader {
        ResponseReader(maximumHeaderBytes: head, maximumBodyBytes: body, oversizedBody: long, maximumDiscardedBytes: rest)
    }

    private func feed(_ reader: inout ResponseReader, _ lines: String...) -> Bool {
        lines.allSatisfy { reader.take(line: Array("\($0)\r\n".utf8)) }
    }

    @Test("headers of interim answers and trailers are left out") func interim() {
        var reader = reader()
        #expect(feed(&reader, "HTTP/1.1 103 X", "Link: a", "", "HTTP/1.1 200 OK", "A: 1", "b:  two  words ", "Empty:", ""))
        let isTaken = reader.take(body: Array("body".utf8))
        #expect(isTaken)
        #expect(feed(&reader, "Trailer: x", "HTTP/1.1 500: no status line", ""))
        let response = HTTPClientResponse(status: 200, head: reader.head, body: reader.body, isTruncated: reader.isTruncated)
        #expect(response.headers.map { "\($0.name)=\($0.value)" } == ["A=1", "b=two  words", "Empty="])
        #expect(response.header("B") == "two  words")
        #expect(response.header("trailer") == nil)
    }

    @Test("a folded line belongs to the header before") func folded() {
        var reader = reader()
        #expect(feed(&reader, "HTTP/1.1 200", "A: 1", "\t2", "B: 3", ""))
        let response = HTTPClientResponse(status: 200, head: reader.head, body: [], isTruncated: false)
        #expect(response.headers.map { "\($0.name)=\($0.value)" } == ["A=1 2", "B=3"])
    }

    @Test("headers stop at their limit, however many answers they are of") func oversizedHeader() {
        var reader = reader(head: 100)
        var taken = 0
        while feed(&reader, "HTTP/1.1 103 X", "") { taken += 1 }
        #expect(taken == 5)
        #expect(reader.stop == .oversizedHeader)
        #expect(reader.head.isEmpty)
    }

    @Test("a body of any size in any pieces is kept up to the limit, and stops at the right byte") func pieces() {
        var generator = SeededGenerator(seed: 15)
        for _ in 0..<5_000 {
            let limit = Int.random(in: 0...20, using: &generator)
            let rest = Int.random(in: 0...20, using: &generator)
            let size = Int.random(in: 0...60, using: &generator)
            let bytes = (0..<size).map { UInt8($0) }
            for long in [HTTPClientRequest.OversizedBody.fail, .truncate] {
                var reader = reader(body: limit, long, rest: rest)
                var offset = 0
                var goesOn = true
                while offset < size, goesOn {
                    let end = min(size, offset + Int.random(in: 1...10, using: &generator))
                    goesOn = reader.take(body: bytes[offset..<end])
                    offset = end
                }
                switch long {
                case .fail:
                    #expect(goesOn == (size <= limit))
                    #expect(reader.stop == (size <= limit ? nil : .oversizedBody))
                    #expect(bytes.starts(with: reader.body))
                case .truncate:
                    #expect(reader.body == Array(bytes.prefix(limit)))
                    #expect(reader.isTruncated == (size > limit))
                    #expect(goesOn == (size <= limit + rest))
                    #expect(reader.stop == (size <= limit + rest ? nil : .truncated))
                }
            }
        }
    }
}
