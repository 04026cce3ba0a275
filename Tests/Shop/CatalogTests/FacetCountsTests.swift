import Formats
import Foundation
import TestSupport
import Testing
import Web

@testable import Catalog

@Suite("Counts of facets")
struct FacetCountsTests {
    private func request(_ query: String) throws -> (facets: FacetRequest, filter: ProductFilter) {
        let query = try #require(QueryParameters(query))
        return (FacetRequest(query) { Issue.record("\($0)") }, try ProductFilter(query))
    }

    private func sets(_ query: String) throws -> [FacetSet] {
        let request = try request(query)
        return FacetSet.all(request.facets, request.filter)
    }

    private func key(_ text: String) -> Facet { .words(ExactText(text)) }

    @Test("each facet counts once, under the first name that the request has for it") func names() throws {
        let facets = try request(#"facets=brand,option.Size,option.size,price&facets=brand,in_stock,attr.a\,b"#).facets
        #expect(facets.items.map(\.name.text) == ["brand", "option.Size", "price", "in_stock", "attr.a,b"])
        #expect(facets.items.map(\.facet) == [key("brand"), key("option.size"), .price, .inStock, key("attr.a,b")])
        #expect(facets.query.removingPercentEncoding == #"brand,option.Size,price,in_stock,attr.a\,b"#)
        #expect(try request("facets=").facets.isEmpty)
    }

    @Test("an unknown name and too many names are refused", arguments: ["colour", "option.", "attr.", "brand,-", "attr.%01"])
    func refused(names: String) throws {
        var faults = 0
        _ = FacetRequest(try #require(QueryParameters("facets=" + names))) { _ in faults += 1 }
        #expect(faults == 1)
        let many = (0...FacetRequest.maximum).map { "attr.a\($0)" }.joined(separator: ",")
        _ = FacetRequest(try #require(QueryParameters("facets=" + many))) { _ in faults += 1 }
        #expect(faults == 2)
    }

    @Test("without conditions of their own, all facets are counted among the products of the list") func oneSet() throws {
        let sets = try sets("facets=brand,price,category,attr.*&tag=gift&sort=price&currency=USD")
        #expect(sets.map(\.facets) == [[key("brand"), .price, .category, .every(.attribute)]])
        #expect(sets.first?.filter.sort == .newest)
        #expect(sets.first?.filter.facets.keys == [ExactText("tag")])
    }

    @Test("a facet that the filter has a condition on is counted without this condition") func ownSets() throws {
        let query =
            "facets=brand,price,category,in_stock,option.SIZE,attr.weight,tag&brand=A&min_price=1&category=c&in_stock=true"
            + "&option.size=M&attr.weight.min=2"
        let sets = try sets(query)
        #expect(
            sets.map(\.facets) == [
                [key("tag")], [key("brand")], [.price], [.category], [.inStock], [key("option.size")], [key("attr.weight")],
            ])
        let whole = try request(query).filter
        for (set, change) in zip(
            sets,
            [
                { _ in }, { $0.facets = $0.facets.without("brand") }, { $0.minimumPrice = nil }, { $0.category = nil },
                { $0.inStock = nil }, { $0.facets = $0.facets.without("option.size") },
                { $0.facets = $0.facets.without("attr.weight") },
            ] as [(inout ProductFilter) -> Void])
        {
            var expected = whole
            change(&expected)
            #expect(set.filter == expected)
        }
    }

    @Test("of all attributes, those with a condition have a set of their own, and none is counted twice") func everyAttribute()
        throws
    {
        let sets = try sets("facets=attr.*,attr.colour&attr.colour=red&attr.weight.max=3&brand=A")
        #expect(sets.map(\.facets) == [[.every(.attribute)], [key("attr.colour")], [key("attr.weight")]])
        #expect(sets.first?.excluded == [ExactText("attr.colour"), ExactText("attr.weight")])
    }

    @Test("facets are shown in the order of the request, empty ones too") func members() throws {
        let facets = try request("facets=price,attr.*,brand,category").facets
        var counts = FacetCounts()
        counts.add(key("brand"), [.init(value: "A \"b\"", count: 2), .init(value: "C", count: 1)], isExact: true)
        counts.add(key("attr.b"), [.init(value: "1", count: 3)], isExact: false)
        counts.add(key("attr.a"), [], isExact: true)
        counts.add(.price, PriceBuckets.joined([(bits: 0b10, count: 4)]).map { .init($0) }, isExact: true)
        #expect(
            String(decoding: counts.members(facets), as: UTF8.self) == #"""
                "facets":{"price":[{"value":"10-14","min_price":10,"max_price":14,"count":4}],"attr.a":[],"attr.b":[{"value":"1","count":3}],"brand":[{"value":"A \"b\"","count":2},{"value":"C","count":1}],"category":[]},"facets_relation":{"price":"eq","attr.a":"eq","attr.b":"gte","brand":"eq","category":"eq"}
                """#)
    }

    // MARK: Prices

    @Test("bounds of price ranges rise, are round, and fit the bits of a bigint") func bounds() {
        #expect(PriceBuckets.bounds.prefix(8) == [10, 15, 20, 30, 50, 70, 100, 150])
        #expect(zip(PriceBuckets.bounds, PriceBuckets.bounds.dropFirst()).allSatisfy { $0 < $1 })
        #expect(PriceBuckets.bounds.count < 63)
    }

    @Test("joined ranges cover every price, do not overlap, and count each product once in each") func joined() {
        var random = SeededGenerator(seed: 11)
        func bit(_ price: Int64) -> UInt64 { 1 << UInt64(PriceBuckets.bounds.prefix { $0 <= price }.count) }
        for _ in 0..<3_000 {
            let products: [[Int64]] = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    let size: Int64 = [9, 120, 9_999, 1_000_000, 1_000_000_000_000].randomElement(using: &random) ?? 1
                    return Int64.random(in: 0...size, using: &random)
                }
            }
            var counted: [UInt64: Int64] = [:]
            for product in products { counted[product.reduce(0) { $0 | bit($1) }, default: 0] += 1 }
            let buckets = PriceBuckets.joined(counted.map { ($0, $1) })
            #expect(buckets.count <= PriceBuckets.maximum)
            for (left, right) in zip(buckets, buckets.dropFirst()) { #expect((left.maximum ?? .max) < right.minimum) }
            func has(_ bucket: PriceBuckets.Bucket, _ price: Int64) -> Bool {
                price >= bucket.minimum && price <= bucket.maximum ?? .max
            }
            for price in products.joined() { #expect(buckets.contains { has($0, price) }, "\(price)") }
            for bucket in buckets {
                #expect(bucket.count == Int64(products.count { $0.contains { has(bucket, $0) } }))
                #expect(bucket.count > 0)
            }
        }
    }
}
