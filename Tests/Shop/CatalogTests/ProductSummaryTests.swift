import Formats
import Foundation
import TestSupport
import Testing

@testable import Catalog

/// The bytes that PostgreSQL keeps with a product. What it writes is compared with its row in the tests of the import.
@Suite("Product summary") struct ProductSummaryTests {
    private static func bytes(_ id: UUID, _ variants: [UUID], head: String, tail: String) -> [UInt8] {
        func number(_ number: Int) -> [UInt8] { withUnsafeBytes(of: UInt32(number).bigEndian) { Array($0) } }
        return [1] + id.bytes + number(variants.count) + variants.flatMap(\.bytes) + number(head.utf8.count) + Array(head.utf8)
            + Array(tail.utf8)
    }

    /// Its id, its variants, and its JSON as the second product of a list, filled with this stock; nil where the bytes are damaged.
    private static func read(
        _ bytes: [UInt8], reason: String? = nil, stock: [Int] = [0]
    ) -> (id: UUID, variants: [UUID], json: String)? {
        bytes.withUnsafeBufferPointer { bytes in
            guard let summary = ProductSummary(bytes) else { return nil }
            var variants: [UUID] = []
            summary.appendVariants(to: &variants)
            var json = JSONWriter()
            json.beginArray()
            json.int(1)
            summary.write(to: &json, firstVariant: 1, reason: reason)
            json.endArray()
            let document = StockTemplate(variants: [UUID(high: 0, low: 0)] + variants, template: json.finish())
            return (summary.id, variants, String(decoding: document.filled(with: stock), as: UTF8.self))
        }
    }

    @Test("a list shows the text, with whether any of the product's own variants can be bought") func shown() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<500 {
            let id = UUID(high: random.next(), low: random.next())
            let variants = (0..<Int.random(in: 0...40, using: &random)).map { _ in UUID(high: random.next(), low: random.next()) }
            let bytes = Self.bytes(id, variants, head: #"{"a":"é","in_stock":"#, tail: "}")
            let stock = [7] + variants.map { _ in [0, 0, 0, -1, 3].randomElement(using: &random) ?? 0 }
            let shown = try #require(Self.read(bytes, stock: stock))
            #expect(shown.id == id && shown.variants == variants)
            #expect(shown.json == #"[1,{"a":"é","in_stock":\#(stock.dropFirst().contains { $0 > 0 })}]"#)
            let chosen = try #require(Self.read(bytes, reason: "re\"lated", stock: [7]))
            #expect(chosen.json == #"[1,{"a":"é","in_stock":false,"reason":"re\"lated"}]"#)
        }
    }

    @Test("other bytes are no summary, and never read beyond their end") func damaged() {
        var random = SeededGenerator(seed: 4)
        let id = UUID(high: 1, low: 2)
        let sound = Self.bytes(id, [id, id], head: #"{"a":1,"in_stock":"#, tail: "}")
        for length in 0..<sound.count { #expect(Self.read(Array(sound.prefix(length))) == nil) }
        #expect(Self.read([2] + sound.dropFirst()) == nil)
        for _ in 0..<20_000 {
            var bytes = sound
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            if let shown = Self.read(bytes) { #expect(shown.variants.count <= 4) }
        }
    }
}
