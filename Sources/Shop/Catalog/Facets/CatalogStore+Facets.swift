import Formats
import Inventory
import PostgresClient

/// The conditions of lists on facets and ranges of prices.
extension CatalogStore {
    /// The conditions on brands, tags, options and attributes. All go by the index of facets; a number that has a facet of its range may
    /// still be outside it.
    static func faceted(_ filter: FacetFilter) -> PostgresQuery {
        var query: PostgresQuery = ""
        for choice in filter.choices {
            query.append(" AND p.facets && \(choice.words)")
            if let code = choice.attribute { query.append(filterable(code)) }
        }
        for range in filter.ranges {
            query.append(filterable(range.code))
            query.append(" AND p.facets && attribute_range(\(range.code), \(bound(range.minimum)), \(bound(range.maximum)))")
            query.append(within(range))
        }
        return query
    }

    /// The condition that lists filter by an attribute. By one that is only shown they find nothing, as by one that does not exist.
    /// PostgreSQL evaluates it once, before it reads products.
    private static func filterable(_ code: String) -> PostgresQuery {
        " AND (SELECT k.filterable FROM attribute k WHERE k.code = \(code)) IS NOT FALSE"
    }

    private static func bound(_ number: String?) -> PostgresQuery { number.map { "\($0)::numeric" } ?? "NULL::numeric" }

    /// The condition that a product's own number is in the range, as its facets tell only about where it is.
    private static func within(_ range: FacetFilter.Range) -> PostgresQuery {
        var json = JSONWriter(capacity: 64)
        json.beginObject()
        json.field("code", range.code)
        for (name, bound) in [("low", range.minimum), ("high", range.maximum)] {
            guard let bound else { continue }
            json.key(dynamic: name)
            json.raw(bound.utf8)
        }
        json.endObject()
        var path: PostgresQuery = "$[*] ? (@.code == $code"
        if range.minimum != nil { path.append(" && @.value >= $low") }
        if range.maximum != nil { path.append(" && @.value <= $high") }
        return " AND jsonb_path_exists(p.attributes, '\(path))', \(PostgresJSON(json.finish())))"
    }

    /// The condition that one of a product's active variants has a price in the filter's range, as conditions that no product passes
    /// two of. Each has an index. OFFSET 0 keeps PostgreSQL from reading the prices of all variants at once.
    static func ranges(_ filter: ProductFilter) -> [PostgresQuery] {
        switch (filter.minimumPrice, filter.maximumPrice) {
        case (nil, nil): return []
        case (nil, let high?): return ["p.price_min <= \(high)"]
        case (let low?, let high):
            var least: PostgresQuery = "p.price_min >= \(low)"
            // The least price is too low, but not that of every variant: the prices span the bound, for which there is an index.
            var greater: PostgresQuery = """
                p.price_min < \(low) AND int8range(p.price_min, p.price_max, '[]') @> \(low) AND p.price_min < p.price_max
                """
            if let high {
                least.append(" AND p.price_min <= \(high)")
                greater.append(
                    """
                     AND (p.price_max <= \(high) OR EXISTS (SELECT FROM variant v WHERE v.product_id = p.id AND v.active \
                    AND v.price >= \(low) AND v.price <= \(high) OFFSET 0))
                    """)
            }
            return [least, greater]
        }
    }

    /// The same as one condition.
    static func inPriceRange(_ filter: ProductFilter) -> PostgresQuery {
        let ranges = ranges(filter)
        guard let first = ranges.first else { return "" }
        return ranges.count == 1 ? " AND \(first)" : " AND (\(first) OR (\(ranges[1])))"
    }

    /// The condition that a product can be bought, at a price of the filter's range; or that it is sold out.
    /// - Parameter hasVariants: whether the row has the product's column `variants`
    static func inStock(_ filter: ProductFilter, hasVariants: Bool = true) -> PostgresQuery {
        guard let inStock = filter.inStock else { return "" }
        return inStock
            ? " AND \(hasStock(from: filter.minimumPrice, to: filter.maximumPrice, hasVariants: hasVariants))"
            : " AND NOT \(hasStock(from: nil, to: nil, hasVariants: hasVariants))"
    }

    /// Whether a product can be bought, at a price of a range.
    static func hasStock(from low: Int64?, to high: Int64?, hasVariants: Bool = true) -> PostgresQuery {
        if low == nil, high == nil, hasVariants {
            // The product's row has the ids of its active variants.
            return "EXISTS (SELECT FROM stock s WHERE s.variant_id = ANY(p.variants) AND \(StockSQL.isAvailable))"
        }
        var query: PostgresQuery = """
            EXISTS (SELECT FROM variant v JOIN stock s ON s.variant_id = v.id \
            WHERE v.product_id = p.id AND v.active AND \(StockSQL.isAvailable)
            """
        if let low { query.append(" AND v.price >= \(low)") }
        if let high { query.append(" AND v.price <= \(high)") }
        query.append(")")
        return query
    }
}
