import Formats
import TestSupport
import Testing

@testable import Orders

@Suite("Address")
struct AddressTests {
    private func read(_ json: String) throws -> Address {
        try JSONReader.decode(JSONValue.parse(Array(json.utf8))) { Address($0) }
    }

    private func faults(_ json: String) throws -> [String] {
        do {
            _ = try read(json)
            return []
        } catch let faults as FieldErrors { return faults.faults.map(\.pointer) }
    }

    private func json(_ changes: [String: String?]) -> String {
        var members: [String: String?] = [
            "name": "\"Ada\"", "line1": "\"1 Row\"", "city": "\"Pdx\"", "postal_code": "\"97205\"", "country": "\"US\"",
        ]
        members.merge(changes) { $1 }
        return "{" + members.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }.joined(separator: ",") + "}"
    }

    @Test("an address is the same after a round trip through JSON; absent parts stay absent") func roundTrip() throws {
        for optional in [
            [:], ["company": "\"C\""],
            ["line2": "\"L\"", "region": "\"OR\"", "phone": "\"+1 503\"", "company": "\"Ünï \\\"quoted\\\"\""],
        ] {
            let address = try read(json(optional))
            let written = address.json()
            #expect(try read(String(decoding: written, as: UTF8.self)) == address)
            let names = try JSONTree(written).members.keys
            #expect(Set(names) == Set(["name", "line1", "city", "postal_code", "country"] + optional.keys))
        }
    }

    @Test("white space around a part is removed") func trimmed() throws {
        let address = try read(json(["name": "\"  Ada Park \"", "company": "\"   \""]))
        #expect(address.name == "Ada Park" && address.company == nil)
    }

    @Test("an empty optional part is neither stored nor answered") func emptyParts() throws {
        let address = try read(
            json([
                "company": "\"\"", "line2": "\" \"", "region": "null", "phone": "\"\"", "country": "\"QA\"",
                "postal_code": "\"\"",
            ]))
        #expect(String(decoding: address.json(), as: UTF8.self) == #"{"city":"Pdx","name":"Ada","line1":"1 Row","country":"QA"}"#)
    }

    /// The required parts of each country from the file, read in another way than the service reads them.
    private static let needed: [String: String] = {
        let root = (try? TestEnvironment.read().root) ?? "."
        let lines = readText(root + "/Sources/Shop/CAddressMetadata/requirements.txt").split(separator: "\n")
        return Dictionary(
            lines.filter { !$0.hasPrefix("#") }.map { (String($0.prefix(2)), String($0.dropFirst(3))) },
            uniquingKeysWith: { first, _ in first })
    }()

    @Test("in every country, exactly the parts that its addresses need are required") func countries()
        throws
    {
        #expect(Self.needed.count == 252)
        let known = (UInt8(ascii: "A")...UInt8(ascii: "Z")).flatMap { first in
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).map { String(decoding: [first, $0], as: UTF8.self) }
        }.filter(CountryCode.isKnown)
        #expect(known.count == 249)
        for country in known {
            let letters = try #require(Self.needed[country], "\(country) is not in the metadata")
            for given in 0..<8 {
                let (city, region, postal) = (given & 1 != 0, given & 2 != 0, given & 4 != 0)
                var missing: Set<String> = []
                if letters.contains("C"), !city { missing.insert("/city") }
                if letters.contains("Z"), !postal { missing.insert("/postal_code") }
                // The place is known from a city where none is required, or from city and postal code, required or given.
                let isTold = city && (postal || !letters.contains("C")) || letters.contains("C") && letters.contains("Z")
                if letters.contains("S"), !region, !isTold { missing.insert("/region") }
                // Absent, null and empty are the same.
                for absent in [nil, "null", "\"\"", "\" \""] as [String?] {
                    let address = json([
                        "country": "\"\(country)\"", "city": city ? "\"C\"" : absent, "region": region ? "\"R\"" : absent,
                        "postal_code": postal ? "\"P\"" : absent,
                    ])
                    #expect(Set(try faults(address)) == missing, "\(country) \(given)")
                    guard missing.isEmpty else { continue }
                    let read = try read(address)
                    #expect(read.city == (city ? "C" : nil) && read.region == (region ? "R" : nil))
                    #expect(read.postalCode == (postal ? "P" : nil))
                    #expect(try self.read(String(decoding: read.json(), as: UTF8.self)) == read, "comes back")
                }
            }
            // An address that was accepted when city and postal code were required everywhere is still accepted.
            #expect(try faults(json(["country": "\"\(country)\""])) == [], "\(country)")
        }
    }

    @Test(
        "countries without postal codes, and countries without cities",
        arguments: [
            ("QA", ["city"], []), ("QA", [], ["/city"]), ("IE", ["city"], []), ("SG", ["postal_code"], []),
            ("SG", ["city"], ["/postal_code"]),
            ("HK", ["region"], []), ("HK", ["city"], []), ("HK", [], ["/region"]), ("AE", ["city"], []), ("AE", [], ["/region"]),
            ("MO", [], []),
            ("GI", [], []), ("JM", ["city"], ["/region"]), ("JM", ["city", "region"], []), ("JP", ["postal_code", "region"], []),
            ("US", ["city", "postal_code"], []), ("US", ["region"], ["/city", "/postal_code"]),
            ("US", [], ["/city", "/postal_code"]), ("VE", ["city"], ["/region"]), ("VE", ["city", "postal_code"], []),
        ] as [(String, [String], [String])])
    func places(country: String, given: [String], missing: [String]) throws {
        var changes: [String: String?] = ["country": "\"\(country)\"", "city": nil, "postal_code": nil]
        for name in given { changes[name] = "\"X\"" }
        #expect(try faults(json(changes)).sorted() == missing)
    }

    @Test(
        "parts are in NFC, and joiners between letters are accepted",
        arguments: [
            ("Zoe\u{308}", "Zo\u{EB}"), ("\u{646}\u{200C}\u{627}", "\u{646}\u{200C}\u{627}"),
            ("\u{0D28}\u{0D4D}\u{200D}", "\u{0D28}\u{0D4D}\u{200D}"), ("\u{845B}\u{E0100}", "\u{845B}\u{E0100}"),
            ("O\u{2019}Neil", "O\u{2019}Neil"),
        ])
    func composed(text: String, kept: String) throws {
        for name in ["name", "line1", "city", "company", "line2", "region", "postal_code", "phone"] {
            let written = try JSONTree(read(json([name: "\"\(text)\"", "country": "\"US\""])).json())
            #expect(written[name]?.text.map { Array($0.unicodeScalars) } == Array(kept.unicodeScalars), "\(name)")
        }
    }

    @Test(
        "invisible and direction-changing characters are refused in every part",
        arguments: [
            "\u{85}", "\u{9B}", "\u{2028}", "\u{2029}", "\u{202A}", "\u{202E}", "\u{2066}", "\u{2069}", "\u{200B}", "\u{200E}",
            "\u{200F}", "\u{2060}",
            "\u{FEFF}", "\u{AD}", "\u{E0041}", "\u{1}",
        ])
    func hidden(character: String) throws {
        for name in ["name", "line1", "city", "company", "line2", "region", "postal_code", "phone"] {
            #expect(
                try faults(
                    json([
                        name: "\"a" + character.utf16.map { "\\u" + ("000" + String($0, radix: 16)).suffix(4) }.joined() + "b\""
                    ])) == ["/\(name)"], "\(name)")
        }
    }

    @Test(
        "a part of invisible characters is empty",
        arguments: ["\u{200D}", "\u{200C}\u{200D}", "\u{3164}", " \u{200C} ", "\u{FE0F}"])
    func invisible(text: String) throws {
        #expect(try faults(json(["name": "\"\(text)\""])) == ["/name"])
        #expect(try read(json(["company": "\"\(text)\""])).company == nil)
    }

    @Test(
        "every part that addresses in the United States need is required",
        arguments: ["name", "line1", "city", "postal_code", "country"])
    func required(name: String) throws {
        for value in [nil, "null", "\"\"", "\"  \"", "7", "[]", "\"a\\u0007b\""] as [String?] {
            #expect(try faults(json([name: value])) == ["/\(name)"], "\(value ?? "absent")")
        }
    }

    @Test(
        "optional parts can be absent, null or empty, but not of another type",
        arguments: ["company", "line2", "region", "phone"])
    func optional(name: String) throws {
        for value in ["null", "\"\"", "\"x\""] { #expect(try faults(json([name: value])) == []) }
        for value in ["7", "false", "{}", "\"a\\nb\""] { #expect(try faults(json([name: value])) == ["/\(name)"]) }
    }

    @Test(
        "each part has a maximum length",
        arguments: [
            ("name", 200), ("company", 200), ("line1", 200), ("line2", 200), ("city", 120), ("region", 120), ("postal_code", 20),
            ("phone", 40),
        ])
    func lengths(name: String, longest: Int) throws {
        #expect(try faults(json([name: "\"\(String(repeating: "é", count: longest))\""])) == [])
        #expect(try faults(json([name: "\"\(String(repeating: "é", count: longest + 1))\""])) == ["/\(name)"])
    }

    @Test(
        "a country is an assigned code in capital letters",
        arguments: [
            ("US", true), ("DE", true), ("XK", false), ("UK", false), ("us", false), ("USA", false), ("U", false), ("ZZ", false),
            ("", false),
        ])
    func codes(code: String, isKnown: Bool) throws {
        #expect(try faults(json(["country": "\"\(code)\""])) == (isKnown ? [] : ["/country"]))
        #expect(CountryCode.isKnown(code) == isKnown)
    }

    @Test("a value that is not an object is one error", arguments: ["[]", "1", "null", "\"x\""])
    func noObject(json: String) throws {
        #expect(try faults(json) == [""])
    }
}
