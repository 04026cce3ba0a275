import Foundation
import TestSupport
import Testing

/// Counts of facets beside a list: each is the total of the list that the value leads to.
@Suite(.shop(DepthGoods.shelf, environments: [[:], ["CACHE": "off"]]))
struct FacetCountAPITests {
    private func client(cached: Bool) throws -> ShopClient { ShopClient(try Shop.current, service: cached ? 0 : 1) }

    /// The values of a facet with their counts, as in `red:2,blue:1`.
    private func counts(_ facet: JSON) -> String {
        facet.elements.map { "\($0["value"].text):\($0["count"].number)" }.joined(separator: ",")
    }

    @Test(
        "the counts of a facet follow all conditions but its own",
        arguments: [
            ("", "brand", "Acme:3,Bolt:1,Smith, Sons:1"), ("brand=Acme", "brand", "Acme:3,Bolt:1,Smith, Sons:1"),
            ("tag=gift", "brand", "Acme:1,Bolt:1"), ("brand=Acme&tag=gift", "brand", "Acme:1,Bolt:1"),
            ("brand=Acme", "tag", "gift:1"), ("brand=Bolt&tag=none", "tag", "gift:1,kitchen:1"),
            ("brand=Acme", "attr.colour", "red:2,blue:1"), ("attr.colour=red", "attr.material", "steel:1"),
            ("attr.weight.min=1", "attr.weight", "0.2:1,0.24:1,1.2:1,3:1"), ("attr.weight.min=1", "brand", "Acme:2"),
            ("brand=Acme", "option.size", "M:2,L:1"), ("option.SIZE=L", "option.Size", "M:2,L:1"),
            ("", "category", "wear:2,coats:1"), ("category=coats", "category", "wear:2,coats:1"),
            ("category=none", "category", "wear:2,coats:1"), ("category=none", "brand", ""), ("brand=Bolt", "category", ""),
            ("", "in_stock", "true:4,false:1"), ("in_stock=true&brand=Acme", "in_stock", "true:2,false:1"),
            ("in_stock=true", "category", "wear:1"),
            ("", "price", "700-999:1,1000-1499:1,5000-6999:1,7000-9999:1"),
            ("min_price=1000&max_price=1499", "price", "700-999:1,1000-1499:1,5000-6999:1,7000-9999:1"),
            ("currency=EUR", "price", "3000-4999:1"), ("min_price=1000", "brand", "Acme:3"),
            ("in_stock=true&category=wear", "price", "1000-1499:1"), ("q=tee", "brand", "Acme:1"),
            ("q=tee&brand=Bolt", "brand", "Acme:1"),
            ("q=%21", "brand", ""), ("sort=price&min_price=5000", "attr.colour", "red:1,blue:1"),
        ])
    func counts(query: String, facet: String, expected: String) async throws {
        for cached in [true, false] {
            let answer = try await client(cached: cached).get("/v1/products?limit=1&facets=\(facet)&\(query)")
            #expect(answer.status == 200, "\(answer.response.text)")
            let order: (String) -> [String] = { $0.split(separator: ",").map(String.init).sorted() }
            #expect(order(counts(answer["facets"][facet])) == order(expected), "\(query)")
            #expect(answer["facets_relation"][facet] == "eq")
            let numbers = answer["facets"][facet].elements.map { $0["count"].number }
            #expect(facet == "price" || numbers == numbers.sorted(by: >))
        }
    }

    @Test("every count is the total of the list with that value") func totals() async throws {
        let names = "brand,tag,category,price,in_stock,option.*,attr.*"
        for cached in [true, false] {
            let client = try client(cached: cached)
            for query in [
                "", "category=wear", "in_stock=true", "brand=Acme&in_stock=true", "q=te&min_price=800",
                "min_price=1000&max_price=9000",
            ] {
                let answer = try await client.get("/v1/products?limit=1&currency=USD&facets=\(names)&\(query)")
                var seen = 0
                for facet in answer["facets"].names {
                    let values = answer["facets"][facet]
                    // The value replaces the conditions on its own facet.
                    let others = query.split(separator: "&").filter { part in
                        let name = part.prefix { $0 != "=" }
                        return facet == "price" ? !["min_price", "max_price"].contains(name) : name != facet
                    }
                    for value in values.elements {
                        var list = ["currency=USD", "limit=1", "include=total"] + others.map(String.init)
                        if facet == "price" {
                            list.append("min_price=\(value["min_price"].number)")
                            if value["max_price"] != .null { list.append("max_price=\(value["max_price"].number)") }
                        } else {
                            let text = value["value"].text.replacingOccurrences(of: ",", with: #"\,"#)
                            list.append("\(facet)=" + (text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""))
                        }
                        let total = try await client.get("/v1/products?" + list.joined(separator: "&"))
                        #expect(total["total"].number == value["count"].number, "\(facet) \(value) of \(query): \(list)")
                        seen += 1
                    }
                }
                #expect(seen > 5, "\(query)")
            }
        }
    }

    @Test("all facets in one request, and with each page the same") func pages() async throws {
        for cached in [true, false] {
            let client = try client(cached: cached)
            let first = try await client.get("/v1/products?limit=2&include=total&facets=brand,attr.*,category")
            #expect(
                first["facets"].names == [
                    "brand", "attr.colour", "attr.dry", "attr.material", "attr.weight", "category",
                ])
            #expect(first["facets"]["category"].elements.first?["name"] == "Wear")
            let path = String((first.header("Link") ?? "").prefix { $0 != ">" }.dropFirst())
            let second = try await client.get(path)
            #expect(second["facets"] == first["facets"])
            #expect(try await client.get("/v1/products?limit=2")["facets"] == .absent)
        }
    }

    @Test("a facet that does not exist is refused", arguments: ["colour", "brand,x", "option.", "attr.%00"])
    func refused(names: String) async throws {
        let answer = try await client(cached: false).get("/v1/products?facets=" + names)
        #expect(answer.status == 400, "\(answer.response.text)")
        // NUL is refused before the parameters are read.
        #expect(names.contains("%00") || answer["errors"].elements.map { $0["parameter"] } == ["facets"])
    }
}
