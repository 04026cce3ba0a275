import Formats
import Foundation
import TestSupport
import Testing

@testable import Money
@testable import Orders

@Suite("Order request")
struct OrderRequestTests {
    private static let address = #"{"name":"Ada","line1":"1 Row","city":"Pdx","postal_code":"97205","country":"US"}"#
    private static let rest = #""email":"a@b.co","shipping_address":\#(address)"#

    private func read(_ json: String) throws -> OrderRequest { try OrderRequest(JSONValue.parse(Array(json.utf8))) }

    /// The pointers of all errors.
    private func faults(_ json: String) throws -> [String] {
        do {
            _ = try read(json)
            return []
        } catch let faults as FieldErrors { return faults.faults.map(\.pointer) }
    }

    @Test("an order from a cart is read") func cart() throws {
        let request = try read(
            #"{"cart_id":"019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21","cart_version":3,"expected_total":{"amount":0,"currency":"USD"},\#(Self.rest),"price":1}"#
        )
        guard case .cart(let id, let version) = request.source else { return #expect(Bool(false)) }
        #expect(id == UUID(utf8: "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21".utf8) && version == 3)
        #expect(request.expectedTotal == Money(0, "USD") && request.email == "a@b.co")
    }

    @Test("an order from items is read; null is the same as absent") func items() throws {
        let request = try read(
            #"{"cart_id":null,"items":[{"sku":" A ","quantity":999},{"sku":"B","quantity":1}],"expected_total":null,\#(Self.rest)}"#
        )
        guard case .items(let items) = request.source else { return #expect(Bool(false)) }
        #expect(items == [OrderRequest.Item(sku: "A", quantity: 999), OrderRequest.Item(sku: "B", quantity: 1)])
        #expect(request.expectedTotal == nil)
    }

    @Test("all errors are reported at once, each with its place") func allFaults() throws {
        #expect(
            Set(
                try faults(
                    #"{"items":[{"sku":"","quantity":0},{"sku":1}],"email":"a","shipping_address":{"name":"","line1":"x","country":"us","phone":[]}}"#
                ))
                == [
                    "/items/0/sku", "/items/0/quantity", "/items/1/sku", "/items/1/quantity", "/email", "/shipping_address/name",
                    "/shipping_address/city", "/shipping_address/country", "/shipping_address/phone",
                ])
        #expect(Set(try faults("{}")) == ["/items", "/email", "/shipping_address"])
    }

    @Test("a body that is not an object is one error", arguments: ["[]", "1", "\"x\"", "true"])
    func noObject(json: String) throws {
        #expect(try faults(json) == [""])
    }

    @Test("a cart and items together are refused") func both() throws {
        #expect(
            try faults(#"{"cart_id":"019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21","items":[{"sku":"A","quantity":1}],\#(Self.rest)}"#)
                == ["/items"])
    }

    @Test(
        "a quantity is an integer from 1 to 999",
        arguments: [
            "0", "-1", "1000", "1.5", "1.0", "1e3", "1E0", "\"1\"", "true", "null", "[]", "{}", "9223372036854775808",
            "-9223372036854775809",
            "99999999999999999999999999", "-0",
        ])
    func quantities(text: String) throws {
        #expect(try faults(#"{"items":[{"sku":"A","quantity":\#(text)}],\#(Self.rest)}"#) == ["/items/0/quantity"])
    }

    @Test(
        "an expected total has an amount from 0 in minor units, and a currency",
        arguments: [
            (#"{"amount":-1,"currency":"USD"}"#, ["/expected_total/amount"]),
            (#"{"amount":9223372036854775808,"currency":"USD"}"#, ["/expected_total/amount"]),
            (#"{"amount":12.99,"currency":"USD"}"#, ["/expected_total/amount"]),
            (#"{"amount":"1","currency":"USD"}"#, ["/expected_total/amount"]),
            (#"{"amount":1,"currency":"usd"}"#, ["/expected_total/currency"]),
            (#"{"amount":1,"currency":"XXX"}"#, ["/expected_total/currency"]),
            (#"{}"#, ["/expected_total/amount", "/expected_total/currency"]), ("5", ["/expected_total"]),
            (#""5""#, ["/expected_total"]),
            (#"{"amount":9223372036854775807,"currency":"USD"}"#, []),
        ])
    func expectedTotals(text: String, pointers: [String]) throws {
        #expect(try faults(#"{"items":[{"sku":"A","quantity":1}],"expected_total":\#(text),\#(Self.rest)}"#) == pointers)
    }

    @Test(
        "a cart has a UUID and a version from 1",
        arguments: [
            (#""cart_id":"x""#, ["/cart_id"]), (#""cart_id":7"#, ["/cart_id"]),
            (#""cart_id":"019a2f6e3c417d029b1e5f0c8a7d4e21""#, ["/cart_id"]),
            (#""cart_id":"019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21","cart_version":0"#, ["/cart_version"]),
            (#""cart_id":"019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21","cart_version":"1""#, ["/cart_version"]),
            (#""cart_id":"019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21","cart_version":1e0"#, ["/cart_version"]),
        ])
    func carts(text: String, pointers: [String]) throws {
        #expect(try faults("{\(text),\(Self.rest)}") == pointers)
    }

    @Test("an order has 1 to 100 items") func count() throws {
        func items(_ count: Int) -> String { Array(repeating: #"{"sku":"A","quantity":1}"#, count: count).joined(separator: ",") }
        #expect(try faults(#"{"items":[],\#(Self.rest)}"#) == ["/items"])
        #expect(try faults(#"{"items":[\#(items(100))],\#(Self.rest)}"#) == [])
        #expect(try faults(#"{"items":[\#(items(101))],\#(Self.rest)}"#) == ["/items"])
    }

    @Test("a SKU has 1 to 100 characters on one line") func skus() throws {
        for (sku, isTaken) in [
            (String(repeating: "é", count: 100), true), (String(repeating: "é", count: 101), false), ("  ", false),
            ("a\\nb", false),
            ("a\\u0000", false), ("a/b", true),
        ] {
            #expect(try faults(#"{"items":[{"sku":"\#(sku)","quantity":1}],\#(Self.rest)}"#) == (isTaken ? [] : ["/items/0/sku"]))
        }
    }

    @Test("random documents do no harm") func hostile() throws {
        var random = SeededGenerator(seed: 1)
        let names = ["cart_id", "items", "email", "shipping_address", "expected_total", "amount", "sku", "quantity", "country"]
        func value(_ depth: Int) -> JSONValue {
            switch Int.random(in: 0..<(depth > 4 ? 5 : 7), using: &random) {
            case 0: return .null
            case 1: return .bool(true)
            case 2: return .number(JSONNumber(Int64.random(in: .min ... .max, using: &random)))
            case 3, 4: return .string(random.text(upTo: 8, from: "a@.é\u{0}US"))
            case 5: return .array((0..<Int.random(in: 0...4, using: &random)).map { _ in value(depth + 1) })
            default:
                var object = JSONObject()
                for _ in 0..<Int.random(in: 0...6, using: &random) {
                    object.append(names.randomElement(using: &random) ?? "", value(depth + 1))
                }
                return .object(object)
            }
        }
        for _ in 0..<5_000 {
            do { _ = try OrderRequest(value(0)) } catch { #expect((1...JSONReader.maximumFaults).contains(error.faults.count)) }
        }
    }
}
