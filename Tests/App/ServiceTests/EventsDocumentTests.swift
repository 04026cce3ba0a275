import Formats
import Foundation
import ShopTestSupport
import TestSupport
import Testing

@testable import Events
@testable import OpenAPI
@testable import Service

/// `/events.json` describes the events that the shop makes, and real payloads agree with it.
@Suite("Document of events")
struct EventsDocumentTests {
    private let document: JSONTree
    private let checker: JSONSchemaChecker

    init() throws {
        let value = try EventsDocument(ShopEvents.all, in: OpenAPIDocument.shop()).value
        var writer = JSONWriter()
        writer.value(value)
        document = try JSONTree(writer.finish())
        checker = JSONSchemaChecker(document: document, isClosed: true)
    }

    private func violations(of data: String, as type: EventType) throws -> [SchemaViolation] {
        checker.violations(
            of: try JSONTree(data), by: try JSONTree(##"{"$ref": "#/components/schemas/\##(type.schema)"}"##))
    }

    @Test("each type is a message of the channel and of the operation, and its references lead somewhere")
    func structure() throws {
        #expect(document["asyncapi"]?.text == "3.0.0")
        let names = Set(ShopEvents.all.map(\.name))
        #expect(Set(document.at("/components/messages")?.members.keys.map(\.self) ?? []) == names)
        #expect(Set(document.at("/channels/webhook/messages")?.members.keys.map(\.self) ?? []) == names)
        #expect(document.at("/operations/deliver/messages")?.elements.count == names.count)
        func references(_ tree: JSONTree) -> [String] {
            tree.members.flatMap { name, value in
                name == "$ref" ? [value.text].compactMap(\.self) : references(value)
            } + tree.elements.flatMap(references)
        }
        let all = Set(references(document))
        #expect(all.count > 10)
        for reference in all {
            let pointer = reference.dropFirst().replacingOccurrences(of: "~1", with: "/")
            #expect(document.at(String(pointer)) != nil, "\(reference)")
        }
        for type in ShopEvents.all { #expect(type.name.wholeMatch(of: /[a-z]+\.[a-z]+/) != nil && type.summary.hasSuffix(".")) }
    }

    @Test("a type whose schema does not exist is refused, as are two with one name")
    func faults() throws {
        let api = try OpenAPIDocument.shop()
        let wrong = EventType("a.b", aggregate: "a", schema: "Nothing", "It is.")
        #expect(throws: EventsDocumentError.self) { try EventsDocument([wrong], in: api) }
        #expect(throws: EventsDocumentError.self) { try EventsDocument([.stockLowForTests, .stockLowForTests], in: api) }
    }

    @Test("an import tells of the products that it has changed, if a target wants to know, and of stock that it makes low")
    func imports() throws {
        let shop = try ShopDatabase()
        let rows = #"""
            {"id":"1","name":"Läm\"p","price":3,"category":"home/light","tags":["x"],"image":"a.png","description":"d","variants":[
            {"sku":"L-1","name":"S","options":{"size":"S"},"stock":20},{"sku":"L-2","name":"M","options":{"size":"M"},"stock":4}]}
            """#.replacingOccurrences(of: "\n", with: "")
        try shop.load(rows)
        #expect(try shop.query("SELECT count(*) FROM outbox") == "0")
        _ = try shop.query(
            "INSERT INTO event_target (id, kind, address, events) VALUES (gen_random_uuid(), 'webhook', 'w', '{product.*}')")
        // Nothing has changed.
        try shop.load(rows)
        #expect(try shop.query("SELECT count(*) FROM outbox") == "0")
        try shop.load(rows.replacingOccurrences(of: "\"price\":3", with: "\"price\":4") + "\n{\"name\":\"Bare\",\"price\":1}")
        let payloads = try shop.query("SELECT payload FROM outbox WHERE type = 'product.changed' ORDER BY position")
            .split(separator: "\n").map(String.init)
        #expect(payloads.count == 2)
        for payload in payloads { #expect(try violations(of: payload, as: .productChangedForTests) == []) }
        let variants = try JSONTree(payloads.first { $0.contains("L-1") } ?? "{}")["variants"]?.elements ?? []
        #expect(variants.map { $0["sku"]?.text } == ["L-1", "L-2"] && variants.map { $0["available"]?.number } == [20, 4])
        #expect(try shop.query("SELECT event_sequence FROM product WHERE external_id = '1'") == "1")
        // Stock falls to the threshold of the shop; another variant has one of its own, which an import sets.
        try shop.load(
            rows.replacingOccurrences(of: "\"price\":3", with: "\"price\":4")
                .replacingOccurrences(of: "\"stock\":20", with: "\"stock\":5,\"low_stock\":5")
                .replacingOccurrences(of: "\"stock\":4", with: "\"stock\":90,\"low_stock\":50"))
        let low = try shop.query("SELECT payload FROM outbox WHERE type = 'stock.low'")
        #expect(try violations(of: low, as: .stockLowForTests) == [])
        #expect(try JSONTree(low)["sku"]?.text == "L-1")
        #expect(try shop.query("SELECT string_agg(low_stock::text, ' ' ORDER BY low_stock) FROM stock") == "5 50")
        #expect(try shop.query("SELECT count(*) FROM outbox WHERE type = 'product.changed'") == "2")
    }
}

extension EventType {
    fileprivate static var stockLowForTests: EventType { ShopEvents.all.first { $0.name == "stock.low" } ?? .webhookPing }
    fileprivate static var productChangedForTests: EventType {
        ShopEvents.all.first { $0.name == "product.changed" } ?? .webhookPing
    }
}
