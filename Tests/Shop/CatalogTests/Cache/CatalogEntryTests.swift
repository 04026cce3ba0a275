import Compression
import CSystem
import EventLoop
import Formats
import FoundationEssentials
import HTTPServer
import HTTPTypes
import Logging
import TestSupport
import Testing
import Web

@testable import Catalog

@Suite struct CatalogEntryTests {
    /// A request that accepts gzip, or has no Accept-Encoding.
    private static func context(gzip: Bool, on loop: EventLoop) -> RequestContext {
        let line = Array("GET /v1/products HTTP/1.1\r\n".utf8)
        let name = Array("Accept-Encoding".utf8), value = Array("gzip".utf8)
        let start = line.count
        let field = RequestHead.Field(
            name: start..<start + name.count, value: start + name.count + 2..<start + name.count + 2 + value.count)
        let head = RequestHead(
            bytes: line + name + Array(": ".utf8) + value, method: .get, path: 4..<16, query: nil,
            fields: gzip ? [field] : [], isHTTP11: true)
        return RequestContext(
            request: Request(head: head, body: [], peer: "192.0.2.1", received: csystem_monotonic(), loop: loop),
            requestID: "r", clientAddress: "192.0.2.1", route: nil, parameters: PathParameters(), deadline: .after(.seconds(9)),
            logger: Logger(label: "test"))
    }

    /// A document of some size with one number in it.
    private static let document: StockTemplate = {
        var json = JSONWriter(capacity: 4_096)
        json.beginObject()
        json.field("description", String(repeating: "A dependable pot, made to last. ", count: 100))
        json.key("available")
        json.availablePlaceholder(0)
        json.endObject()
        return StockTemplate(variants: [UUID(high: 0, low: 1)], template: json.finish())
    }()

    @Test(
        "gzip is made for the first client that accepts it, counted, kept while no number changes, and made again when one does")
    func gzip() throws {
        let loop = try EventLoop(label: "test.loop")
        defer { loop.stop() }
        let entry = CatalogEntry(
            document: Self.document, available: [7], version: 1, at: 1, policy: "public", compressor: Gzip(GzipSettings()))
        let bare = entry.cost
        #expect(entry.cachedCost == bare)
        func body(gzip: Bool) throws -> [UInt8] {
            try #require(try entry.response(to: Self.context(gzip: gzip, on: loop))).body
        }
        let plain = try body(gzip: false)
        #expect(plain == Self.document.filled(with: [7]) && entry.cost == bare)
        let coded = try body(gzip: true)
        #expect(coded.starts(with: [0x1f, 0x8b]) && coded.count < plain.count / 4)
        #expect(entry.cost == bare + coded.count)
        entry.refill([7], at: 2)
        #expect(entry.cost == bare + coded.count && entry.stockAt == 2)
        #expect(try body(gzip: true) == coded)
        entry.refill([6], at: 3)
        #expect(entry.cost == bare)
        #expect(try body(gzip: true) != coded)
        #expect(try body(gzip: false) == Self.document.filled(with: [6]))
    }

    @Test("without a compressor nothing is coded") func off() throws {
        let loop = try EventLoop(label: "test.loop")
        defer { loop.stop() }
        let entry = CatalogEntry(document: Self.document, available: [7], version: 1, at: 1, policy: "public", compressor: nil)
        let response = try #require(try entry.response(to: Self.context(gzip: true, on: loop)))
        #expect(response.body == Self.document.filled(with: [7]))
        #expect(response.headers[.contentEncoding] == nil && response.headers[.vary] == nil)
    }
}

@Suite("Freshness")
struct FreshnessTests {
    @Test(
        "fresh for half a lifetime, renewed in the background in the other half, then stale",
        arguments: [
            (0, Freshness.fresh), (499, .fresh), (500, .renewing), (999, .renewing), (1_000, .stale), (1_001, .stale),
        ] as [(UInt64, Freshness)])
    func ages(age: UInt64, freshness: Freshness) {
        #expect(Freshness(age: age, lifetime: 1_000) == freshness)
    }

    @Test("the greatest ages and lifetimes do not overflow") func corners() {
        #expect(Freshness(age: .max, lifetime: .max) == .stale)
        #expect(Freshness(age: .max, lifetime: 1) == .stale)
        #expect(Freshness(age: .max - 1, lifetime: .max) == .renewing)
        #expect(Freshness(age: 0, lifetime: 1) == .fresh)
        #expect(Freshness(age: 1, lifetime: 1) == .stale)
        #expect(Freshness(age: 0, lifetime: 0) == .stale)
    }

    @Test("does not get better with age") func monotonic() {
        var random = SeededGenerator(seed: 1)
        let order: [Freshness] = [.fresh, .renewing, .stale]
        for _ in 0..<5_000 {
            let lifetime = UInt64.random(in: 1 ... .max, using: &random) >> UInt64.random(in: 0...63, using: &random)
            let ages = [UInt64.random(in: 0 ... .max, using: &random), UInt64.random(in: 0 ... .max, using: &random)].sorted()
            let grades = ages.map { order.firstIndex(of: Freshness(age: $0, lifetime: lifetime)) ?? -1 }
            #expect(grades[0] <= grades[1])
        }
    }
}
