import Testing

@testable import HTTPServer

@Suite struct ParserFuzzTests {
    /// A small generator with a seed, so that a failure can be run again.
    struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
            return mixed ^ mixed >> 31
        }
    }

    /// What tends to break parsers.
    static let pieces: [[UInt8]] = [
        "\r\n", "\n", "\r", " ", "\t", ":", ";", ",", "=", "\"", "\\", "\0", "\u{7f}", "0", "1", "5", "f", "0x", "GET", "POST",
        "HTTP/1.1", "HTTP/1.0", "Host: a\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "%00", "%", "*",
        "http://", "//", "?", "#", "5\r\nhello\r\n", "0\r\n\r\n", "Expect: 100-continue\r\n", "Connection: close\r\n",
        "ffffffffffffffff", "9223372036854775807", "[::1]", "@", "é",
    ].map { Array($0.utf8) }

    static let seeds: [[UInt8]] = (AcceptedRequests.all.map(\.text.wire) + MalformedRequests.all.map(\.text.wire))

    @Test(arguments: 0..<8) func damagedRequestsGetTheSameVerdictForEverySplit(_ seed: UInt64) {
        var random = Random(state: seed &* 0x1234_5678_9abc_def1)
        var limits = HTTPLimits()
        (limits.requestLine, limits.header, limits.headers, limits.fields) = (64, 48, 120, 5)
        (limits.body, limits.chunkExtensions) = (32, 16)
        for round in 0..<1_500 {
            var bytes = Self.seeds.randomElement(using: &random) ?? []
            if round % 3 == 0 { bytes += Self.seeds.randomElement(using: &random) ?? [] }
            for _ in 0..<Int.random(in: 1...4, using: &random) { mutilate(&bytes, &random) }
            let used = round % 2 == 0 ? limits : HTTPLimits()
            let whole = ParserDriver.verdict([bytes], limits: used)
            for _ in 0..<4 {
                let pieces = split(bytes, &random)
                let other = ParserDriver.verdict(pieces, limits: used)
                // Not #expect: what it works out of the difference of two long bodies takes minutes.
                if other != whole {
                    let text = String(decoding: bytes.prefix(2_000), as: UTF8.self).debugDescription
                    Issue.record(
                        "\(text) split as \(pieces.map(\.count)): \(String(describing: other).prefix(600)) instead of \(String(describing: whole).prefix(600))"
                    )
                    return
                }
            }
        }
    }

    @Test func randomBytesAreNeverARequest() {
        var random = Random(state: 7)
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 1...80, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(ParserDriver.verdict([bytes]).requests.isEmpty)
        }
    }

    private func mutilate(_ bytes: inout [UInt8], _ random: inout Random) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
        case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        case 2 where place < bytes.count: bytes.remove(at: place)
        case 3 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        default:
            let end = min(bytes.count, place + Int.random(in: 0...20, using: &random))
            bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
        }
    }

    private func split(_ bytes: [UInt8], _ random: inout Random) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + Int.random(in: 1...24, using: &random))
            pieces.append(Array(bytes[start..<end]))
            start = end
        }
        return pieces
    }
}
