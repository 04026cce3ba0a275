import Formats
import Foundation
import TestSupport
import Testing
import Web

@testable import Catalog

@Suite("Product cursor")
struct ProductCursorTests {
    private static let filter = CursorFilter(["products", "x"], key: EncryptionKeys.unprotected.authentication(for: .cursors))

    private static func position(_ sort: ProductSort, _ random: inout SeededGenerator) -> ProductCursor.Position {
        switch sort {
        case .newest:
            .time(
                Timestamp(
                    microseconds: Int64.random(
                        in: Timestamp.earliest.microseconds...Timestamp.latest.microseconds, using: &random)))
        case .priceAscending, .priceDescending: .price(Int64.random(in: 0 ... .max, using: &random))
        case .name: .name(random.text(upTo: 100, from: "aé\u{1F9FA} '"))
        case .relevance: .rank(Int64.random(in: 0...2_000_000, using: &random))
        }
    }

    @Test("reading its text gives it back, in its own order", arguments: ProductSort.allCases)
    func roundTrip(sort: ProductSort) throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<500 {
            let place = ProductCursor(position: Self.position(sort, &random), id: UUID(high: random.next(), low: random.next()))
            let cursor = try #require(Cursor(place.text(for: Self.filter), for: Self.filter))
            #expect(ProductCursor(cursor, sort: sort) == place)
        }
    }

    @Test("is refused in another order, unless both sort by one kind of value") func otherSort() {
        var random = SeededGenerator(seed: 2)
        let id = UUID(high: 1, low: 2)
        for own in ProductSort.allCases {
            let place = ProductCursor(position: Self.position(own, &random), id: id)
            for other in ProductSort.allCases {
                guard let cursor = Cursor(place.text(for: Self.filter), for: Self.filter) else {
                    Issue.record("a cursor of \(own) cannot be read")
                    continue
                }
                let integers: Set<ProductSort> = [.priceAscending, .priceDescending, .relevance]
                let fits = own == other || integers.contains(own) && integers.contains(other)
                #expect((ProductCursor(cursor, sort: other) != nil) == fits, "\(own) as \(other)")
            }
        }
    }

    @Test(
        "any other shape is refused",
        arguments: [
            [], [.uuid(UUID(high: 1, low: 2))], [.integer(1)], [.integer(1), .integer(2)],
            [.uuid(UUID(high: 1, low: 2)), .integer(1)],
            [.null, .uuid(UUID(high: 1, low: 2))], [.integer(1), .uuid(UUID(high: 1, low: 2)), .null],
        ] as [[CursorField]])
    func shapes(fields: [CursorField]) {
        #expect(ProductCursor(Cursor(fields), sort: .priceAscending) == nil)
    }

    @Test("the longest name a product may have still fits a cursor") func longestName() {
        let name = String(repeating: "\u{1F9FA}", count: 200)
        let text = ProductCursor(position: .name(name), id: UUID(high: 1, low: 2)).text(for: Self.filter)
        #expect(Cursor(text, for: Self.filter) != nil)
    }

    @Test(
        "a place that no product can have is refused",
        arguments: [
            (.newest, .time(Timestamp(microseconds: -(1 << 62)))), (.newest, .time(Timestamp(microseconds: .max))),
            (.newest, .time(Timestamp(microseconds: .min))), (.priceAscending, .integer(-1)), (.priceDescending, .integer(.min)),
            (.relevance, .integer(-1)), (.name, .text("a\u{0}b")),
        ] as [(ProductSort, CursorField)])
    func impossible(sort: ProductSort, field: CursorField) {
        #expect(ProductCursor(Cursor([field, .uuid(UUID(high: 1, low: 2))]), sort: sort) == nil)
    }
}
