import Foundation
import TestSupport
import Testing

@testable import Formats

@Suite("Timestamp")
struct TimestampTests {
    @Test(
        "reads the examples of RFC 3339 §5.8 and its corners",
        arguments: [
            ("1985-04-12T23:20:50.52Z", 482_196_050_520_000), ("1996-12-19T16:39:57-08:00", 851_042_397_000_000),
            ("1937-01-01T12:00:27.87+00:20", -1_041_337_172_130_000), ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01t00:00:00z", 0), ("1970-01-01T00:00:00-00:00", 0), ("1970-01-01T23:59:00+23:59", 0),
            ("1969-12-31T00:01:00-23:59", 0), ("1969-12-31T23:59:59.999999Z", -1), ("1970-01-01T00:00:00.1Z", 100_000),
            ("1970-01-01T00:00:00.000001Z", 1), ("1970-01-01T00:00:00.0000019Z", 1), ("1970-01-01T00:00:00.123456789Z", 123_456),
            ("2000-02-29T00:00:00Z", 951_782_400_000_000), ("2024-02-29T12:00:00Z", 1_709_208_000_000_000),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000_000), ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
        ] as [(String, Int64)])
    func reads(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text) == Timestamp(microseconds: microseconds))
    }

    @Test(
        "refuses everything else",
        arguments: [
            "", "2026", "2026-11-21", "2026-11-21T03:26:48", "2026-11-21 03:26:48Z", "2026-11-21T03:26Z",
            "2026-11-21T03:26:48+0100",
            "2026-11-21T03:26:48+01", "2026-11-21T03:26:48+24:00", "2026-11-21T03:26:48+01:60", "2026-11-21T03:26:48.Z",
            "2026-11-21T03:26:48.1234567890Z", "2026-11-21T03:26:48,5Z", "2026-11-21T24:00:00Z", "2026-11-21T03:60:00Z",
            "2026-11-21T03:26:60Z", "1990-12-31T23:59:60Z", "2026-00-21T03:26:48Z", "2026-13-21T03:26:48Z",
            "2026-11-00T03:26:48Z",
            "2026-11-31T03:26:48Z", "2026-02-29T03:26:48Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
            "2024-02-30T00:00:00Z",
            "2026-1-21T03:26:48Z", "26-11-21T03:26:48Z", "+2026-11-21T03:26:48Z", "-2026-11-21T03:26:48Z",
            "02026-11-21T03:26:48Z",
            "2026-11-21T3:26:48Z", "2026-11-21T03:26:48Z ", " 2026-11-21T03:26:48Z", "2026-11-21T03:26:48ZZ",
            "2026/11/21T03:26:48Z",
            "2026-11-21T03:26:48.12a4Z", "20261121T032648Z", "2026-11-21T03:26:48Zjunk", "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01", "２026-11-21T03:26:48Z",
        ])
    func refuses(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("always writes six fractional digits, and text sorts by time")
    func writes() {
        #expect(Timestamp(microseconds: 0).description == "1970-01-01T00:00:00.000000Z")
        #expect(Timestamp(microseconds: -1).description == "1969-12-31T23:59:59.999999Z")
        #expect(Timestamp(microseconds: 1_795_231_608_123_456).description == "2026-11-21T03:26:48.123456Z")
        #expect(Timestamp(microseconds: .max).description == "9999-12-31T23:59:59.999999Z")
        #expect(Timestamp(microseconds: .min).description == "0000-01-01T00:00:00.000000Z")
        var random = SeededGenerator(seed: 20)
        var times = (0..<2_000).map { _ in
            Timestamp(microseconds: Int64.random(in: -62_167_219_200_000_000...253_402_300_799_999_999, using: &random))
        }
        times.sort()
        let texts = times.map(\.description)
        #expect(texts == texts.sorted())
        for (time, text) in zip(times, texts) { #expect(Timestamp(rfc3339: text) == time) }
    }

    @Test("every day of eight centuries follows the day before it, and round-trips")
    func everyDay() throws {
        var previous = CivilDate(daysSince1970: -140_001)
        for days in -140_000...160_000 {
            let date = CivilDate(daysSince1970: days)
            guard date.daysSince1970 == days, CivilDate(year: date.year, month: date.month, day: date.day) == date else {
                Issue.record("day \(days) is \(date)")
                return
            }
            let follows =
                date.day == previous.day + 1 && date.month == previous.month
                || date.day == 1
                    && (date.month == previous.month + 1
                        || date.month == 1 && previous.month == 12 && date.year == previous.year + 1)
            guard follows else {
                Issue.record("day \(days) is \(date) after \(previous)")
                return
            }
            previous = date
        }
    }

    @Test("agrees with the C library for the years 1 to 9999, in RFC 3339 and as an HTTP date")
    func agreesWithC() {
        var random = SeededGenerator(seed: 21)
        for _ in 0..<5_000 {
            let seconds = Int64.random(in: -62_135_596_800...253_402_300_799, using: &random)
            var time = time_t(seconds)
            var parts = tm()
            gmtime_r(&time, &parts)
            func format(_ pattern: String) -> String {
                var buffer = [CChar](repeating: 0, count: 64)
                let length = strftime(&buffer, buffer.count, pattern, &parts)
                return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
            // glibc does not pad %Y.
            let year = String(format: "%04d", Int(parts.tm_year) + 1900)
            let timestamp = Timestamp(seconds: seconds)
            #expect(timestamp.description == year + format("-%m-%dT%H:%M:%S.000000Z"))
            #expect(timestamp.httpDate == format("%a, %d %b ") + year + format(" %H:%M:%S GMT"))
        }
    }

    @Test("writes the HTTP date of RFC 9110, and rounds down")
    func httpDate() {
        #expect(Timestamp(seconds: 784_111_777).httpDate == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(Timestamp(microseconds: 784_111_777_999_999).httpDate == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(Timestamp(microseconds: -1).httpDate == "Wed, 31 Dec 1969 23:59:59 GMT")
        #expect(Timestamp(microseconds: .min).httpDate == "Sat, 01 Jan 0000 00:00:00 GMT")
        #expect(Timestamp(microseconds: .max).httpDate == "Fri, 31 Dec 9999 23:59:59 GMT")
    }

    @Test("addition and subtraction stop at the ends and never trap")
    func arithmetic() {
        let time = Timestamp(microseconds: 1_000)
        #expect(time + .microseconds(5) == Timestamp(microseconds: 1_005))
        #expect(time - .milliseconds(2) == Timestamp(microseconds: -1_000))
        #expect(time + .seconds(-1) == Timestamp(microseconds: -999_000))
        #expect(Timestamp(microseconds: 5) - Timestamp(microseconds: 7) == .microseconds(-2))
        #expect(Timestamp(microseconds: .max) + .microseconds(1) == Timestamp(microseconds: .max))
        #expect(Timestamp(microseconds: .min) - .microseconds(1) == Timestamp(microseconds: .min))
        #expect(Timestamp(microseconds: .min) + .microseconds(-1) == Timestamp(microseconds: .min))
        #expect(Timestamp(microseconds: 0) - .seconds(Int64.min) == Timestamp(microseconds: .max))
        #expect(time + .seconds(Int64.max) == Timestamp(microseconds: .max))
        #expect(Timestamp(microseconds: .max) - Timestamp(microseconds: .min) == .microseconds(Int64.max))
        #expect(Timestamp(microseconds: .min) - Timestamp(microseconds: .max) == .microseconds(Int64.min))
        #expect(Timestamp(seconds: .max) == Timestamp(microseconds: .max))
        #expect(Timestamp(seconds: .min) == Timestamp(microseconds: .min))
        #expect(Timestamp(microseconds: -1).seconds == -1)
        #expect(Timestamp(microseconds: 999_999).seconds == 0)
        #expect(Timestamp(microseconds: .min).seconds == -9_223_372_036_855)
    }

    @Test("now lies between two readings of Foundation's clock")
    func now() {
        let before = Date().timeIntervalSince1970
        let now = Double(Timestamp.now.microseconds) / 1_000_000
        let after = Date().timeIntervalSince1970
        #expect(now >= before - 0.001 && now <= after + 0.001)
    }

    @Test("random and slightly damaged text never traps")
    func fuzz() {
        var random = SeededGenerator(seed: 22)
        let text = Array("2026-11-21T03:26:48.123456+01:30".utf8)
        for _ in 0..<20_000 {
            _ = Timestamp(rfc3339: random.bytes(upTo: 40))
            _ = Timestamp(rfc3339: random.bytes(upTo: 40, from: "0123456789-:.TZ+"))
            var damaged = text
            damaged[Int.random(in: 0..<text.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            if let time = Timestamp(rfc3339: damaged) { #expect(Timestamp(rfc3339: time.description) == time) }
        }
    }
}
