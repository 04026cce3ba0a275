import Formats
import Web

/// What the products of a list are counted by.
enum Facet: Hashable, Sendable {
    case category, price, inStock
    /// A brand, a tag, an option or an attribute, by what stands before the colon in its words.
    case words(ExactText)
    /// Every option, or every attribute: `option.` or `attr.`.
    case every(Group)

    enum Group: String, Hashable, Sendable {
        case option = "option."
        case attribute = "attr."
    }
}

/// The facets that a request wants counted, as in `facets=brand,price,attr.colour`.
struct FacetRequest: Hashable, Sendable {
    /// A facet under the name that the request has for it.
    struct Item: Hashable, Sendable {
        let name: ExactText
        let facet: Facet
    }

    /// Each facet once, in the order of the request.
    private(set) var items: [Item] = []

    /// How many facets a request can have.
    static let maximum = 20

    var isEmpty: Bool { items.isEmpty }

    init(_ facets: [(name: String, facet: Facet)] = []) {
        items = facets.map { Item(name: ExactText($0.name), facet: $0.facet) }
    }

    /// - Parameter refuse: receives what is wrong with the parameter
    init(_ query: QueryParameters, refuse: (_ detail: String) -> Void) {
        var known: Set<Facet> = []
        for name in query.all("facets").flatMap(FacetFilter.values) {
            guard let facet = Self.facet(name) else {
                refuse(
                    "must be names of facets, separated by commas: category, brand, tag, price, in_stock, option.NAME, attr.CODE, option.* or attr.*"
                )
                return
            }
            if known.insert(facet).inserted { items.append(Item(name: ExactText(name), facet: facet)) }
        }
        if items.count > Self.maximum { refuse("must have at most \(Self.maximum) names") }
    }

    private static func facet(_ name: String) -> Facet? {
        switch name {
        case "category": .category
        case "price": .price
        case "in_stock": .inStock
        case "option.*": .every(.option)
        case "attr.*": .every(.attribute)
        default:
            FacetFilter.isChoice(name) && name.unicodeScalars.count <= FacetFilter.maximumLength && !FacetFilter.hasControl(name)
                ? .words(ExactText(FacetFilter.key(name))) : nil
        }
    }

    /// The same text for the same facets; in links and cache keys.
    var query: String {
        PercentEncoding.encode(
            items.map { item in
                item.name.text.unicodeScalars.reduce(into: "") { escaped, character in
                    if character == "," || character == "\\" { escaped.unicodeScalars.append("\\") }
                    escaped.unicodeScalars.append(character)
                }
            }
            .joined(separator: ","))
    }
}

/// Products that some facets are counted among: those of a filter without its conditions on these facets, since a buyer who has chosen
/// one brand wants to see how many products the other brands have.
struct FacetSet: Equatable {
    let filter: ProductFilter
    var facets: [Facet]
    /// The options and attributes that ``Facet/every(_:)`` leaves to other sets.
    var excluded: Set<ExactText> = []

    /// The sets of a request: first that of all facets which the filter has no condition on, then one for each other facet.
    static func all(_ request: FacetRequest, _ filter: ProductFilter) -> [FacetSet] {
        var filter = filter
        // The order decides nothing here, but that by price would go along an index.
        filter.sort = filter.search == nil ? .newest : .relevance
        let chosen = filter.facets.keys
        var base = FacetSet(filter: filter, facets: [])
        var own: [FacetSet] = []
        func add(_ facet: Facet, _ change: (inout ProductFilter) -> Void) {
            guard !own.contains(where: { $0.facets == [facet] }) else { return }
            var wider = filter
            change(&wider)
            own.append(FacetSet(filter: wider, facets: [facet]))
        }
        for facet in request.items.map(\.facet) {
            switch facet {
            case .category where filter.category != nil: add(facet) { $0.category = nil }
            case .price where filter.minimumPrice != nil || filter.maximumPrice != nil:
                add(facet) { ($0.minimumPrice, $0.maximumPrice) = (nil, nil) }
            case .inStock where filter.inStock != nil: add(facet) { $0.inStock = nil }
            case .words(let key) where chosen.contains(key): add(facet) { $0.facets = $0.facets.without(key.text) }
            case .every(let prefix):
                base.facets.append(facet)
                for key in chosen.filter({ $0.text.hasPrefix(prefix.rawValue) }).sorted(by: { $0.text < $1.text }) {
                    base.excluded.insert(key)
                    add(.words(key)) { $0.facets = $0.facets.without(key.text) }
                }
            default: base.facets.append(facet)
            }
        }
        return (base.facets.isEmpty ? [] : [base]) + own
    }
}
