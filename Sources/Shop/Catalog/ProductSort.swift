/// The orders a list of products can have; ties go by id.
package enum ProductSort: String, CaseIterable, Sendable {
    case newest
    case priceAscending = "price"
    case priceDescending = "-price"
    case name
    /// Best match first; only with a search.
    case relevance

    var isByPrice: Bool { self == .priceAscending || self == .priceDescending }
}
