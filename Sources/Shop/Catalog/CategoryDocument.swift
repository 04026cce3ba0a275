import Formats

/// The document of all categories, with the place of each one by slug. So the one document in the cache serves the requests for
/// each category, and tells which names are no category.
struct CategoryDocument {
    /// `{"data": [category…]}`, as ``CategoryTree`` writes it.
    private let bytes: [UInt8]
    private let places: [String: Range<Int>]

    /// - Parameter bytes: a document that ``CategoryTree`` wrote: every category is an object that begins with `id` and `slug`
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var places: [String: Range<Int>] = [:]
        // The objects that are open: where each begins, and its slug.
        var open: [(start: Int, slug: String?)] = []
        var place = 0
        var isSlug = false
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "{"):
                open.append((place, nil))
            case UInt8(ascii: "}"):
                if let object = open.popLast(), let slug = object.slug, places[slug] == nil {
                    places[slug] = object.start..<place + 1
                }
            case UInt8(ascii: "\""):
                let end = Self.end(ofString: place, bytes)
                let text = place..<min(end, bytes.count)
                if end < bytes.count, bytes[end] == UInt8(ascii: ":") {
                    isSlug = bytes[text].elementsEqual("\"slug\"".utf8)
                } else if isSlug, let last = open.indices.last {
                    isSlug = false
                    if case .string(let slug)? = try? JSONValue.parse(Array(bytes[text])) { open[last].slug = slug }
                }
                place = end
                continue
            default: break
            }
            place += 1
        }
        self.places = places
    }

    /// The index behind the quote that ends a string.
    private static func end(ofString start: Int, _ bytes: [UInt8]) -> Int {
        var place = start + 1
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") { place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1 }
        return min(place, bytes.count) + 1
    }

    /// Whether there is a category of this slug.
    func contains(_ slug: String) -> Bool { places[slug] != nil }

    /// The document of one category, with those below it.
    subscript(slug: String) -> [UInt8]? { places[slug].map { Array(bytes[$0]) } }
}
