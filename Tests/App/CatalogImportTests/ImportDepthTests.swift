import Foundation
import ShopTestSupport
import TestSupport
import Testing

@testable import CatalogImport

/// Brands, attributes, reduced prices and what follows from them: facets and ranges of prices.
@Suite("Importer: depth")
struct ImportDepthTests {
    private static let tee = #"""
        {"id":"1","name":"Tee","price":12.5,"compare_at_price":15,"brand":"Acme","tags":["gift"],"attributes":{"Colour":"red",\#
        "weight":{"value":1.20,"unit":"kg"},"waterproof":true,"Wash Temperature":"40 °C","material":["oak","steel"]},\#
        "variants":[{"sku":"A","options":{"size":"M","Colour":"red"},"price":12.5},\#
        {"sku":"B","options":{"size":"L","Colour":"blue"},"price":14,"compare_at_price":0}]}
        """#

    private static func facets(_ shop: ShopDatabase) throws -> String {
        try shop.query("SELECT slug, facets, price_min, price_max, compare_at_price FROM product ORDER BY slug")
    }

    @Test("a product keeps what its row says, an attribute gets its type from its values, and the same row again changes nothing")
    func whole() throws {
        let shop = try ShopDatabase()
        #expect(try shop.load(Self.tee).faults.isEmpty)
        #expect(
            try shop.query("SELECT code, name, type, unit FROM attribute ORDER BY position") == """
                colour|Colour|colour|
                weight|weight|number|kg
                waterproof|waterproof|boolean|
                wash_temperature|Wash Temperature|choice|
                material|material|choice|
                """)
        #expect(
            try shop.query("SELECT brand, attributes FROM product") == """
                Acme|[{"code": "colour", "value": "red"}, {"code": "weight", "value": 1.2}, {"code": "waterproof", "value": true}, \
                {"code": "wash_temperature", "value": "40 °C"}, {"code": "material", "value": ["oak", "steel"]}]
                """)
        #expect(
            try shop.query("SELECT sku, name, option_order, compare_at_price FROM variant ORDER BY position") == """
                A|M / red|{size,Colour}|1500
                B|L / blue|{size,Colour}|
                """)
        #expect(
            try Self.facets(shop) == """
                tee|{attr.colour:red,attr.material:oak,attr.material:steel,"attr.wash_temperature:40 °C",attr.waterproof:true,\
                attr.weight:1.2,attr.weight^1289,attr.weight~41,brand:Acme,option.colour:blue,option.colour:red,option.size:L,option.size:M,tag:gift}\
                |1250|1400|1500
                """)
        #expect(try !shop.load(Self.tee).report.hasChanges)
    }

    @Test("an empty brand removes the brand and its facet; null and a missing one leave it")
    func emptyBrand() throws {
        let shop = try ShopDatabase()
        let brand = "SELECT brand, facets FROM product ORDER BY slug"
        try shop.load(#"{"id":"1","name":"Tee","price":12.5,"brand":"Acme"}"#)
        for row in [#"{"id":"1","name":"Tee","price":12.5,"brand":null}"#, #"{"id":"1","name":"Tee","price":12.5}"#] {
            #expect(try !shop.load(row).report.hasChanges)
        }
        #expect(try shop.query(brand) == "Acme|{brand:Acme}")
        let empty = #"{"id":"1","name":"Tee","price":12.5,"brand":" "}"#
        #expect(try shop.load(empty).report.updated == 1)
        #expect(try shop.query(brand) == "|{}")
        #expect(try !shop.load(empty).report.hasChanges)
        // A new product has none either.
        try shop.load(#"{"id":"2","name":"Vest","price":12.5,"brand":""}"#)
        #expect(try shop.query("SELECT count(*) FROM product WHERE brand IS NULL") == "2")
    }

    @Test("a row without these fields leaves them as they are, and empty attributes remove them")
    func leftOut() throws {
        let shop = try ShopDatabase()
        try shop.load(Self.tee)
        let before = try Self.facets(shop)
        let all =
            "SELECT p.brand, p.attributes, v.option_order, v.compare_at_price FROM product p JOIN variant v ON v.product_id = p.id ORDER BY v.position"
        let rows = try shop.query(all)
        #expect(try !shop.load(#"{"id":"1","name":"Tee","price":12.5}"#).report.hasChanges)
        #expect(try shop.query(all) == rows)
        #expect(try Self.facets(shop) == before)
        try shop.load(#"{"id":"1","name":"Tee","price":12.5,"attributes":[],"compare_at_price":0}"#)
        #expect(
            try Self.facets(shop)
                == "tee|{brand:Acme,option.colour:blue,option.colour:red,option.size:L,option.size:M,tag:gift}|1250|1400|")
    }

    @Test("CSV and arrays say the same as an object")
    func notations() throws {
        let shop = try ShopDatabase()
        try shop.load(#"{"name":"A","sku":"A","price":1,"attributes":{"weight":1.5,"dry":false,"made of":["oak","pine"]}}"#)
        for text in [
            #"{"name":"A","sku":"A","price":1,"attributes":[{"name":"weight","value":"1.50"},{"name":"dry","value":false},{"name":"Made of","value":["oak","pine"]}]}"#,
            "name,sku,price,attributes\nA,A,1,weight=1.5; dry=false ;made of=oak|pine",
            "name,sku,price,attributes\n" + #"A,A,1,"{""weight"":1.5,""dry"":false,""made of"":[""oak"",""pine""]}""#,
        ] {
            let outcome = try shop.load(text)
            #expect(outcome.faults.isEmpty && !outcome.report.hasChanges, "\(text)")
        }
    }

    @Test(
        "a value that does not fit is refused with the reason",
        arguments: [
            (#"{"weight":"heavy"}"#, "attributes/weight"), (#"{"weight":{"value":1,"unit":"lb"}}"#, "attributes/weight"),
            (#"{"weight":{"value":1,"type":"text"}}"#, "attributes/weight"),
            (#"{"waterproof":"perhaps"}"#, "attributes/waterproof"),
            (#"{"weight":1e3}"#, "attributes/weight"), (#"{"weight":1.1234567}"#, "attributes/weight"),
            (#"{"a b":1,"A-B":2}"#, "attributes/A-B"), (#"{"x":{"value":1,"type":"tree"}}"#, "attributes/x/type"),
            (#"{"x":{"value":{}}}"#, "attributes/x"), (#"7"#, "attributes"), (#""colour""#, "attributes"),
            (#"[1]"#, "attributes/0"),
            (#"{"x":"\#(String(repeating: "a", count: 201))"}"#, "attributes/x"),
            (#"{"material":{"value":"oak","unit":"kg"}}"#, "attributes/material"),
        ])
    func refused(attributes: String, field: String) throws {
        let shop = try ShopDatabase()
        try shop.load(Self.tee)
        let outcome = try shop.load(#"{"id":"2","name":"B","price":1,"attributes":\#(attributes)}"#, onError: .skip)
        #expect(outcome.faults.map(\.field) == [field], "\(outcome.faults)")
        #expect(try shop.query("SELECT count(*) FROM product") == "1")
    }

    @Test("more attributes than a product can have are refused")
    func tooMany() throws {
        let shop = try ShopDatabase()
        let many = (0...50).map { #""a\#($0)":1"# }.joined(separator: ",")
        #expect(
            try shop.load(#"{"name":"B","price":1,"attributes":{\#(many)}}"#, onError: .skip).faults.map(\.field) == [
                "attributes"
            ])
    }

    @Test("facets and ranges follow every writer")
    func otherWriters() throws {
        let shop = try ShopDatabase()
        try shop.load(Self.tee)
        _ = try shop.query("UPDATE variant SET active = false WHERE sku = 'A'")
        #expect(try shop.query("SELECT price_min, price_max, compare_at_price FROM product") == "1400|1400|")
        _ = try shop.query(
            "UPDATE variant SET price = 900 WHERE sku = 'B'; UPDATE product SET brand = 'Bolt', tags = '{}', attributes = '[]'")
        #expect(try Self.facets(shop) == "tee|{brand:Bolt,option.colour:blue,option.size:L}|900|900|")
        // As the release before inserts them.
        _ = try shop.query(
            """
            INSERT INTO product (id, slug, name, currency, price, tags) VALUES (gen_random_uuid(), 'old', 'Old', 'USD', 5, '{x}');
            INSERT INTO variant (id, product_id, sku, name, options, price) SELECT gen_random_uuid(), id, 'O', 'O', '{"a:B": "c"}', 7 FROM product WHERE slug = 'old'
            """)
        #expect(try Self.facets(shop).hasPrefix("old|{option.a_b:c,tag:x}|7|7|"))
        _ = try shop.query(
            "DELETE FROM stock WHERE variant_id IN (SELECT id FROM variant WHERE sku = 'B'); DELETE FROM variant WHERE sku = 'B'")
        #expect(try Self.facets(shop).hasSuffix("tee|{brand:Bolt}|1250|1250|"))
    }

    @Test("the procedure fills in products from before")
    func fill() throws {
        let shop = try ShopDatabase()
        try shop.load(Self.tee)
        let before = try Self.facets(shop)
        _ = try shop.query("UPDATE product SET facets = '{}', price_min = NULL, price_max = NULL")
        _ = try shop.query("CALL product_depth_fill()")
        #expect(try Self.facets(shop) == before)
    }

    @Test("a price before the reduction is in the currency of the product")
    func currencies() throws {
        let shop = try ShopDatabase()
        try shop.load(#"{"name":"Y","sku":"Y","price":1200,"compare_at_price":1500,"currency":"JPY"}"#)
        #expect(try shop.query("SELECT compare_at_price FROM variant") == "1500")
        let outcome = try shop.load(#"{"name":"Y","sku":"Y","price":1200,"compare_at_price":1500.5}"#, onError: .skip)
        #expect(outcome.faults.map(\.field) == ["compare_at_price"])
    }

    @Test("an image may have its size, and other sizes")
    func images() throws {
        let shop = try ShopDatabase()
        try shop.load(
            #"{"name":"A","price":1,"images":[{"url":"/a.jpg","alt":"A","width":800,"height":600,"sizes":[{"url":"/s.jpg","width":80}]},"/b.jpg"]}"#
        )
        #expect(
            try shop.query("SELECT images->0->'width', images->0->'height', images->0->'sizes', images->1 FROM product")
                == #"800|600|[{"url": "/s.jpg", "width": 80}]|{"alt": "A", "url": "/b.jpg"}"#)
        let wrong = #"{"name":"A","price":1,"images":[{"url":"/a.jpg","width":0,"sizes":[{"url":"/s.jpg"}]}]}"#
        #expect(try Set(shop.load(wrong, onError: .skip).faults.map(\.field)) == ["images/0/width", "images/0/sizes/0"])
    }
}
