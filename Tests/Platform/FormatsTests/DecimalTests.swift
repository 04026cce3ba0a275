import FoundationEssentials
import TestSupport
import Testing

@testable import Formats

@Suite("Decimal digits and identifiers as bytes")
struct DecimalTests {
    private static func text(_ write: (inout [UInt8]) -> Void) -> String {
        var bytes = Array("x".utf8)
        write(&bytes)
        return String(decoding: bytes.dropFirst(), as: UTF8.self)
    }

    @Test("numbers of every length have the same text as their description in Swift")
    func numbers() {
        var powers: [UInt64] = [0, 1, .max]
        var power: UInt64 = 1
        while power < 10_000_000_000_000_000_000 {
            power *= 10
            powers += [power - 1, power, power + 1]
        }
        var random = SeededGenerator(seed: 7)
        for _ in 0..<20_000 {
            powers.append(UInt64.random(in: 0 ... .max, using: &random) >> UInt64.random(in: 0...63, using: &random))
        }
        for number in powers {
            #expect(Self.text { $0.append(decimal: number) } == number.description)
            let signed = Int64(bitPattern: number)
            #expect(Self.text { $0.append(decimal: signed) } == signed.description)
            let short = Int8(truncatingIfNeeded: number)
            #expect(Self.text { $0.append(decimal: short) } == short.description)
        }
    }

    @Test("padded numbers have exactly the wanted last digits")
    func padded() {
        var random = SeededGenerator(seed: 8)
        for _ in 0..<20_000 {
            let number = UInt64.random(in: 0 ... .max, using: &random) >> UInt64.random(in: 0...63, using: &random)
            let digits = Int.random(in: -1...22, using: &random)
            let whole = String(repeating: "0", count: 20) + number.description
            #expect(Self.text { $0.append(padded: number, digits: digits) } == whole.suffix(min(max(0, digits), 20)))
        }
    }

    @Test("identifiers are written as Foundation does, in lower case")
    func identifiers() {
        var random = SeededGenerator(seed: 9)
        for _ in 0..<5_000 {
            let id = UUID(high: random.next(), low: random.next())
            #expect(id.text == id.uuidString.lowercased())
            #expect(Self.text { id.appendText(to: &$0) } == id.text)
        }
    }
}
