import Formats

/// The values of the facets of a list, with how many products have each.
struct FacetCounts {
    struct Value: Equatable {
        let value: String
        /// Of a category.
        var name: String?
        /// Of a range of prices.
        var prices: PriceBuckets.Bucket?
        let count: Int64
    }

    struct Counted: Equatable {
        var values: [Value] = []
        /// False: more products match than are counted, so that each value has at least its count.
        var isExact = true
    }

    /// By facet. Each option and attribute has one of its own.
    private(set) var counted: [Facet: Counted] = [:]

    /// The most values of a facet: those that most products have.
    static let maximumValues = 50
    /// The most options, and the most attributes, that `option.*` and `attr.*` have.
    static let maximumNames = 30

    /// Adds what a set of products was counted by.
    /// - Parameter isExact: whether all products of the set were counted
    mutating func add(_ facet: Facet, _ values: [Value], isExact: Bool) {
        counted[facet] = Counted(values: values, isExact: isExact)
    }

    /// The members of a list that show them.
    func members(_ request: FacetRequest) -> [UInt8] {
        var shown: [(name: String, counted: Counted)] = []
        var known: Set<ExactText> = []
        func show(_ name: String, _ facet: Facet) {
            if known.insert(ExactText(name)).inserted { shown.append((name, counted[facet] ?? Counted())) }
        }
        for item in request.items {
            guard case .every(let group) = item.facet else {
                show(item.name.text, item.facet)
                continue
            }
            let own = counted.keys.compactMap { facet -> String? in
                guard case .words(let key) = facet, key.text.hasPrefix(group.rawValue) else { return nil }
                return key.text
            }
            for key in own.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) { show(key, .words(ExactText(key))) }
        }
        var json = JSONWriter(capacity: 256 + shown.count * 400)
        json.beginObject()
        json.key("facets")
        json.beginObject()
        for facet in shown {
            json.key(dynamic: facet.name)
            json.beginArray()
            for value in facet.counted.values { value.write(to: &json) }
            json.endArray()
        }
        json.endObject()
        json.key("facets_relation")
        json.beginObject()
        for facet in shown {
            json.key(dynamic: facet.name)
            json.string(facet.counted.isExact ? "eq" : "gte")
        }
        json.endObject()
        json.endObject()
        // Without the braces: they are members of the list.
        return Array(json.finish().dropFirst().dropLast())
    }
}

extension FacetCounts.Value {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("value", value)
        if let name { json.field("name", name) }
        if let prices {
            json.field("min_price", prices.minimum)
            json.field("max_price", prices.maximum)
        }
        json.field("count", count)
        json.endObject()
    }

    /// A range of prices, whose value is its bounds in minor units: `1000-1499`, and `5000-` without an upper bound.
    init(_ prices: PriceBuckets.Bucket) {
        self.init(
            value: "\(prices.minimum)-" + (prices.maximum.map(String.init) ?? ""), prices: prices, count: prices.count)
    }
}
