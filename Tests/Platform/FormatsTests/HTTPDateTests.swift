import TestSupport
import Testing

@testable import Formats

@Suite("HTTP dates")
struct HTTPDateTests {
    private static let now = Timestamp(seconds: 1_795_231_608)

    private func read(_ text: String, now: Timestamp = now) -> Int64? { Timestamp(httpDate: text.utf8, now: now)?.seconds }

    @Test("reads the three forms of RFC 9110 §5.6.7")
    func forms() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            #expect(read(text) == 784_111_777, "\(text)")
        }
        #expect(read("Sun Nov 16 08:49:37 1994") == 784_975_777)
        #expect(read("Thu, 01 Jan 1970 00:00:00 GMT") == 0)
        #expect(read("Fri, 31 Dec 9999 23:59:59 GMT") == 253_402_300_799)
        #expect(read("Sat, 31 Dec 2016 23:59:60 GMT") == 1_483_228_800)
    }

    @Test("a year of two digits is never more than 50 years ahead")
    func centuries() {
        #expect(read("Sunday, 06-Nov-76 00:00:00 GMT") == read("Sun, 06 Nov 2076 00:00:00 GMT"))
        #expect(read("Sunday, 06-Nov-77 00:00:00 GMT") == read("Sun, 06 Nov 1977 00:00:00 GMT"))
        #expect(read("Sunday, 06-Nov-00 00:00:00 GMT") == read("Sun, 06 Nov 2000 00:00:00 GMT"))
        let late = Timestamp(seconds: 4_070_908_800 - 86_400)
        #expect(read("Sunday, 06-Nov-05 00:00:00 GMT", now: late) == read("Sun, 06 Nov 2105 00:00:00 GMT"))
    }

    @Test(
        "refuses everything else",
        arguments: [
            "", "now", "0", "784111777", "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
            "sun, 06 nov 1994 08:49:37 gmt", "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
            "Sun, 06 Nov 1994 08:00:61 GMT", "Sonntag, 06-Nov-94 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT",
            "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "Sun Nov 06 08:49:37 94", "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov -994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 +0000",
        ])
    func refuses(text: String) {
        #expect(read(text) == nil)
    }

    @Test("reads each form that it writes, and damaged text never traps")
    func random() {
        var random = SeededGenerator(seed: 9110)
        for _ in 0..<20_000 {
            let time = Timestamp(seconds: .random(in: 0...253_402_300_799, using: &random))
            let text = time.httpDate
            #expect(read(text) == time.seconds)
            let parts = text.split(separator: " ").map(String.init)
            let day = parts[1].hasPrefix("0") ? " " + parts[1].dropFirst() : parts[1]
            #expect(read("\(parts[0].dropLast()) \(parts[2]) \(day) \(parts[4]) \(parts[3])") == time.seconds)
            var bytes = Array(text.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
            }
            if let read = Timestamp(httpDate: bytes, now: Self.now) { #expect(read.seconds >= -62_167_219_200) }
            _ = Timestamp(httpDate: bytes.prefix(.random(in: 0...bytes.count, using: &random)), now: Self.now)
        }
    }
}
