import Formats
import Foundation
import TestSupport
import Testing
import Web

@testable import Catalog

@Suite("Facet filter")
struct FacetFilterTests {
    private func filter(_ query: String) throws -> ProductFilter { try ProductFilter(try #require(QueryParameters(query))) }

    private func faults(_ query: String) throws -> [InputError.Place] {
        do {
            _ = try filter(query)
            return []
        } catch let problem as Problem { return problem.errors.map(\.place) }
    }

    @Test("values of one name are put together, sorted, each once") func choices() throws {
        let facets = try filter("tag=b,a&brand=X&tag=a&option.Size=M&attr.colour=red&attr.weight=1.20").facets
        #expect(facets.choices.map(\.name) == ["attr.colour", "attr.weight", "brand", "option.Size", "tag"])
        #expect(facets.choices.map(\.values) == [["red"], ["1.2", "1.20"], ["X"], ["M"], ["a", "b"]])
        #expect(
            facets.choices.map(\.words) == [
                ["attr.colour:red"], ["attr.weight:1.2", "attr.weight:1.20"], ["brand:X"], ["option.size:M"], ["tag:a", "tag:b"],
            ])
    }

    @Test("an option's name has no colon and no capital letter of ASCII, as in the database") func optionNames() {
        #expect(FacetFilter.Choice(name: "option.A:B Ö", values: ["x:Y"]).words == ["option.a_b Ö:x:Y"])
    }

    @Test(
        "commas separate values, and a backslash before a comma or a backslash keeps it",
        arguments: [
            ("a,b", ["a", "b"]), (" a , ,b,", ["a", "b"]), (#"a\,b"#, ["a,b"]), (#"a\\,b"#, [#"a\"#, "b"]), (#"a\b"#, [#"a\b"#]),
            (#"a\"#, [#"a\"#]), ("", []), (",", []),
        ])
    func values(text: String, expected: [String]) { #expect(FacetFilter.values(text) == expected) }

    @Test("bounds of numbers are plain decimals") func ranges() throws {
        let facets = try filter("attr.weight.max=2.50&attr.weight.min=-0&attr.a.min=1").facets
        #expect(facets.ranges == [.init(code: "a", minimum: "1"), .init(code: "weight", minimum: "0", maximum: "2.5")])
        #expect(facets.choices.isEmpty)
    }

    @Test("a link means the same list, and no two filters share a text") func canonical() throws {
        var random = SeededGenerator(seed: 3)
        let names = ["brand", "tag", "option.size", "option.a|1=", "attr.colour", "attr.b:c", "attr.w"]
        let values = ["a", "b", "a,b", #"a\"#, "1=a", "|1=a", "é", "e\u{301}", "1.50", "1.5", "x y", "a&b=c", "%2C"]
        var seen: [String: FacetFilter] = [:]
        for _ in 0..<3_000 {
            var parts: [String] = []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let name = names.randomElement(using: &random) ?? "brand"
                if Int.random(in: 0..<4, using: &random) == 0 {
                    parts.append(
                        "attr.w.\(Bool.random(using: &random) ? "min" : "max")=\(Int.random(in: -3...3, using: &random))")
                    continue
                }
                let value = (values.randomElement(using: &random) ?? "a").replacingOccurrences(of: #"\"#, with: #"\\"#)
                    .replacingOccurrences(of: ",", with: #"\,"#)
                parts.append("\(PercentEncoding.encode(name))=\(PercentEncoding.encode(value))")
            }
            let query = parts.joined(separator: "&")
            let first = try filter(query)
            let again = try filter(first.query)
            #expect(again.facets == first.facets && again.canonical == first.canonical, "\(query)")
            #expect(try filter(parts.reversed().joined(separator: "&")).canonical == first.canonical || query.contains("attr.w."))
            if let known = seen.updateValue(first.facets, forKey: first.canonical) { #expect(known == first.facets, "\(query)") }
        }
    }

    @Test("too much, and what no value can be, is refused by its name") func refused() throws {
        #expect(try faults("brand=%01") == [.parameter("brand")])
        #expect(try faults("attr.w.min=x&attr.w.max=1e3") == [.parameter("attr.w.min"), .parameter("attr.w.max")])
        #expect(try faults("brand=" + (0...100).map(String.init).joined(separator: ",")) == [.parameter("attr")])
        #expect(try faults((0...20).map { "attr.a\($0)=1" }.joined(separator: "&")) == [.parameter("attr")])
        #expect(try faults("brand=" + String(repeating: "a", count: 201)) == [.parameter("brand")])
        #expect(try filter("option.=1&attr.=2&brands=3").facets.isEmpty)
    }

    @Test("ids are read in their order, each once") func ids() throws {
        let (first, second) = ("00000000-0000-7000-8000-000000000002", "00000000-0000-7000-8000-000000000001")
        let filter = try filter("ids=\(first),\(second.uppercased())&ids=\(first)")
        #expect(filter.ids?.map(\.text) == [first, second])
        #expect(try self.filter(filter.query.replacingOccurrences(of: "sort=newest&", with: "")).canonical == filter.canonical)
        #expect(try self.filter("ids=\(second),\(first)").canonical != filter.canonical)
        for wrong in ["ids=", "ids=1", "ids=\(first),x"] { #expect(try faults(wrong) == [.parameter("ids")]) }
    }
}
