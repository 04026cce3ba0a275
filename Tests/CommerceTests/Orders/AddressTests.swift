import Formats
import TestSupport
import Testing

@testable import Commerce

@Suite("Address")
struct AddressTests {
    private func read(_ json: String) throws -> Address {
        try JSONReader.decode(JSONValue.parse(Array(json.utf8))) { Address($0) }
    }

    private func faults(_ json: String) throws -> [String] {
        do {
            _ = try read(json)
            return []
        } catch let faults as FieldFaults { return faults.faults.map(\.pointer) }
    }

    private func json(_ changes: [String: String?]) -> String {
        var members: [String: String?] = [
            "name": "\"Ada\"", "line1": "\"1 Row\"", "city": "\"Pdx\"", "postal_code": "\"97205\"", "country": "\"US\"",
        ]
        members.merge(changes) { $1 }
        return "{" + members.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }.joined(separator: ",") + "}"
    }

    @Test("comes back from its JSON as it was, absent parts absent") func roundTrip() throws {
        for optional in [[:], ["company": "\"C\""], ["line2": "\"L\"", "region": "\"OR\"", "phone": "\"+1 503\"", "company": "\"Ünï \\\"quoted\\\"\""]] {
            let address = try read(json(optional))
            let written = address.json()
            #expect(try read(String(decoding: written, as: UTF8.self)) == address)
            let names = try JSONTree(written).members.keys
            #expect(Set(names) == Set(["name", "line1", "city", "postal_code", "country"] + optional.keys))
        }
    }

    @Test("white space around a part is no part of it") func trimmed() throws {
        let address = try read(json(["name": "\"  Ada Park \"", "company": "\"   \""]))
        #expect(address.name == "Ada Park" && address.company == "")
    }

    @Test("every required part is required", arguments: ["name", "line1", "city", "postal_code", "country"])
    func required(name: String) throws {
        for value in [nil, "null", "\"\"", "\"  \"", "7", "[]", "\"a\\u0007b\""] as [String?] {
            #expect(try faults(json([name: value])) == ["/\(name)"], "\(value ?? "absent")")
        }
    }

    @Test("optional parts may be absent, null or empty, not of another type", arguments: ["company", "line2", "region", "phone"])
    func optional(name: String) throws {
        for value in ["null", "\"\"", "\"x\""] { #expect(try faults(json([name: value])) == []) }
        for value in ["7", "false", "{}", "\"a\\nb\""] { #expect(try faults(json([name: value])) == ["/\(name)"]) }
    }

    @Test("no part is longer than it may be", arguments: [
        ("name", 200), ("company", 200), ("line1", 200), ("line2", 200), ("city", 120), ("region", 120), ("postal_code", 20), ("phone", 40),
    ])
    func lengths(name: String, longest: Int) throws {
        #expect(try faults(json([name: "\"\(String(repeating: "é", count: longest))\""])) == [])
        #expect(try faults(json([name: "\"\(String(repeating: "é", count: longest + 1))\""])) == ["/\(name)"])
    }

    @Test("a country is an assigned code in capital letters", arguments: [
        ("US", true), ("DE", true), ("XK", false), ("UK", false), ("us", false), ("USA", false), ("U", false), ("ZZ", false), ("", false),
    ])
    func countries(code: String, isKnown: Bool) throws {
        #expect(try faults(json(["country": "\"\(code)\""])) == (isKnown ? [] : ["/country"]))
        #expect(CountryCode.isKnown(code) == isKnown)
    }

    @Test("no object is one fault", arguments: ["[]", "1", "null", "\"x\""])
    func noObject(json: String) throws {
        #expect(try faults(json) == [""])
    }
}
