import Formats
import Foundation
import TestSupport
import Testing

@testable import Catalog

@Suite("Stock template")
struct StockTemplateTests {
    private static func variants(_ count: Int, _ random: inout SeededGenerator) -> [UUID] {
        (0..<count).map { _ in UUID(high: random.next(), low: random.next()) }
    }

    @Test("every placeholder is filled as if the stock had been known when the text was written") func filled() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...400, using: &random)
            let stock = (0..<count).map { _ in [0, 0, 1, 17, Int(Int32.max), -3].randomElement(using: &random) ?? 0 }
            // Fewer numbers than variants: the others count as none.
            let told = Array(
                stock.prefix(Int.random(in: 0...1, using: &random) == 0 ? count : Int.random(in: 0...count, using: &random)))
            func of(_ index: Int) -> Int { index < told.count ? max(0, told[index]) : 0 }
            var template = JSONWriter()
            var plain = JSONWriter()
            template.beginArray()
            plain.beginArray()
            for _ in 0..<Int.random(in: 0...30, using: &random) {
                let index = Int.random(in: 0...max(0, count - 1), using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    template.availablePlaceholder(index)
                    plain.int(of(index))
                case 1:
                    template.inStockPlaceholder(index)
                    plain.bool(of(index) > 0)
                case 2:
                    let length = Int.random(in: 0...max(0, count - index), using: &random)
                    template.anyInStockPlaceholder(index, count: length)
                    plain.bool((index..<index + length).contains { of($0) > 0 })
                default:
                    let text = random.text(upTo: 8, from: "aé\u{1}\u{2}\u{3}\"\\\u{0} ")
                    template.string(text)
                    plain.string(text)
                }
            }
            template.endArray()
            plain.endArray()
            let document = StockTemplate(variants: Self.variants(count, &random), template: template.finish())
            #expect(document.filled(with: told) == plain.finish())
        }
    }

    @Test("a document that PostgreSQL keeps is a template, and bytes of another format are none") func kept() {
        func read(_ bytes: [UInt8], _ variants: [UUID]) -> StockTemplate? {
            bytes.withUnsafeBufferPointer { StockTemplate(kept: $0, variants: variants) }
        }
        let id = UUID(high: 1, low: 2)
        let bytes: [UInt8] = [1] + Array(#"{"a":"#.utf8) + [1, 0, 0] + Array(#","b":"#.utf8) + [2, 0, 1] + Array("}".utf8)
        let document = read(bytes, [id, id])
        #expect(document?.variants == [id, id])
        #expect(document.map { String(decoding: $0.filled(with: [7, 0]), as: UTF8.self) } == #"{"a":7,"b":false}"#)
        let others: [[UInt8]] = [[], [1], [1, 0x7b], [2] + Array(bytes.dropFirst()), Array(bytes.dropFirst()), [1, 1] + bytes]
        for other in others {
            #expect(read(other, [id]) == nil)
        }
        // Where it is damaged, it is filled with what there is.
        var random = SeededGenerator(seed: 5)
        for _ in 0..<5_000 {
            var damaged = bytes
            damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            if let document = read(Array(damaged.prefix(Int.random(in: 0...damaged.count, using: &random))), [id]) {
                #expect(document.filled(with: [7]).count < 100)
            }
        }
    }

    @Test("decoding its bytes gives it back") func roundTrip() throws {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...60, using: &random)
            let link = Bool.random(using: &random) ? nil : "<" + random.text(upTo: 300, from: "abcé/?&=") + ">"
            let document = StockTemplate(variants: Self.variants(count, &random), template: random.bytes(upTo: 500), link: link)
            let available = (0..<count).map { _ in Int.random(in: 0...Int(UInt32.max), using: &random) }
            let back = try #require(StockTemplate.decode(document.encoded(available: available)))
            #expect(back.document == document)
            #expect(back.available == available)
        }
    }

    @Test("a redirect keeps its path, and is no document of a list") func redirects() throws {
        let redirect = StockTemplate(redirectTo: "/v1/products/%E8%8C%B6")
        #expect(String(decoding: redirect.filled(with: []), as: UTF8.self) == #"{"location":"/v1/products/%E8%8C%B6"}"#)
        let back = try #require(StockTemplate.decode(redirect.encoded(available: [])))
        #expect(back.document == redirect && back.available.isEmpty)
        #expect(back.document.location == "/v1/products/%E8%8C%B6" && back.document.link == nil)
        // Without a path it would lead nowhere.
        #expect(StockTemplate.decode([2, 0, 0, 0, 0] + Array("{}".utf8)) == nil)
    }

    @Test("missing and negative stock is encoded as 0, too large stock as the maximum") func clamped() throws {
        var random = SeededGenerator(seed: 3)
        let document = StockTemplate(variants: Self.variants(3, &random), template: [])
        #expect(
            try #require(StockTemplate.decode(document.encoded(available: [-1, .max]))).available == [0, Int(UInt32.max), 0])
    }

    @Test("any bytes decode to nil or to a document that can be filled") func hostile() {
        var random = SeededGenerator(seed: 4)
        let sound = StockTemplate(
            variants: Self.variants(5, &random), template: Array(#"{"a":1}"#.utf8) + [1, 0, 4, 3, 0, 0, 0, 5, 2, 0, 1],
            link: "</x>"
        ).encoded(available: [1, 2, 3, 4, 5])
        var decoded = 0
        for round in 0..<20_000 {
            var bytes = round % 2 == 0 ? random.bytes(upTo: 200) : sound
            if round % 4 == 0, !bytes.isEmpty { bytes[0] = UInt8(1 + round / 4 % 2) }
            if round % 2 == 1 {
                for _ in 0..<Int.random(in: 0...4, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
            }
            guard let found = StockTemplate.decode(bytes) else { continue }
            decoded += 1
            #expect(found.available.count == found.document.variants.count)
            _ = found.document.filled(with: found.available)
        }
        #expect(decoded > 1_000)
        #expect(StockTemplate.decode([]) == nil)
        #expect(StockTemplate.decode([2] + sound.dropFirst()) == nil)
    }
}

extension Optional where Wrapped == (document: StockTemplate, available: [Int]) {
    fileprivate static func == (value: Self, _: _OptionalNilComparisonType) -> Bool {
        if case .none = value { true } else { false }
    }
}
