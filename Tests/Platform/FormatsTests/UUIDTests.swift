import Foundation
import TestSupport
import Testing

@testable import Formats

@Suite("UUID")
struct UUIDTests {
    @Test("version 7 carries time, version and variant as RFC 9562 appendix A.6 shows")
    func layout() throws {
        // Milliseconds and random tail of the appendix. Its rand_a is random, ours is the fraction of a millisecond.
        let id = UUID.v7(at: Timestamp(microseconds: 1_645_557_742_000_000), random: 0x18C4_DC0C_0C07_398F)
        #expect(id.text == "017f22e2-79b0-7000-98c4-dc0c0c07398f")
        #expect(id.version == 7)
        let half = UUID.v7(at: Timestamp(microseconds: 1_645_557_742_000_500), random: .max)
        #expect(half.text == "017f22e2-79b0-7800-bfff-ffffffffffff")
        let last = UUID.v7(at: Timestamp(microseconds: 1_645_557_742_000_999), random: 0)
        #expect(last.text == "017f22e2-79b0-7ffb-8000-000000000000")
    }

    @Test("version 7 sorts by time, to the microsecond, as text and as bytes")
    func sorts() {
        var random = SeededGenerator(seed: 30)
        var previous = UUID.v7(at: Timestamp(microseconds: 1_700_000_000_000_000), random: .max)
        for microsecond in 1...5_000 {
            let id = UUID.v7(at: Timestamp(microseconds: 1_700_000_000_000_000 + Int64(microsecond)), random: random.next())
            #expect(previous.text < id.text)
            #expect(previous.bytes.lexicographicallyPrecedes(id.bytes))
            previous = id
        }
    }

    @Test("identifiers of the clock are distinct and have the current time")
    func unique() throws {
        let ids = (0..<10_000).map { _ in UUID.v7() }
        #expect(Set(ids).count == ids.count)
        let now = Timestamp.now.microseconds / 1_000
        for id in ids {
            let milliseconds = id.bytes.prefix(6).reduce(0) { $0 << 8 | Int64($1) }
            #expect(abs(now - milliseconds) < 60_000)
            #expect(id.version == 7 && id.bytes[8] >> 6 == 0b10)
        }
    }

    @Test("every time makes an identifier", arguments: [Int64.min, -1, 0, .max])
    func extremes(microseconds: Int64) {
        #expect(UUID.v7(at: Timestamp(microseconds: microseconds)).version == 7)
        if microseconds <= 0 { #expect(UUID.v7(at: Timestamp(microseconds: microseconds)).text.hasPrefix("00000000-0000-7000-")) }
    }

    @Test("text and bytes agree with Foundation's and round-trip")
    func roundTrip() {
        for _ in 0..<5_000 {
            let id = UUID()
            #expect(id.text == id.uuidString.lowercased())
            #expect(UUID(utf8: id.text.utf8) == id)
            #expect(UUID(utf8: id.uuidString.utf8) == id)
            #expect(UUID(bytes: id.bytes) == id)
            #expect(id.version == 4)
        }
    }

    @Test(
        "refuses text that is not 36 characters with hyphens in their places",
        arguments: [
            "", "018f2f6e-9abc-7def-8000-00000000abc", "018f2f6e-9abc-7def-8000-00000000abcde",
            "018f2f6e9abc7def800000000000abcd",
            "{018f2f6e-9abc-7def-8000-00000000abcd}", "urn:uuid:018f2f6e-9abc-7def-8000-00000000abcd",
            "018f2f6e-9abc-7def-8000_00000000abcd", "018f2f6e-9abc-7def-8000-00000000abcg",
            "018f2f6-e9abc-7def-8000-00000000abcd",
            " 18f2f6e-9abc-7def-8000-00000000abcd", "018f2f6e-9abc-7def-8000-00000000abcd ",
            "018f2f6e-9abc-7def-8000-0000000-abcd",
            "０18f2f6e-9abc-7def-8000-00000000abcd",
        ])
    func refuses(text: String) {
        #expect(UUID(utf8: text.utf8) == nil)
    }

    @Test("refuses any number of bytes but 16")
    func byteCount() {
        for count in 0..<40 where count != 16 { #expect(UUID(bytes: [UInt8](repeating: 1, count: count)) == nil) }
    }

    @Test("a pool of random bits gives each number once, and pools differ")
    func pool() {
        var one = RandomPool()
        var other = RandomPool()
        var seen: Set<UInt64> = []
        var ones = 0
        for _ in 0..<5_000 {
            for word in [one.next(), other.next()] {
                seen.insert(word)
                ones += word.nonzeroBitCount
            }
        }
        #expect(seen.count == 10_000)
        // 640,000 fair bits: 10 standard deviations are 4,000.
        #expect(abs(ones - 320_000) < 4_000)
        #expect(UUID.v7(at: .now, random: one.next()) != UUID.v7(at: .now, random: one.next()))
    }
}
