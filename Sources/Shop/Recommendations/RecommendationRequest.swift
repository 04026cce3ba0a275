import Formats
import Web

/// What a client wants recommended: the query of a request, read and checked.
struct RecommendationRequest: Equatable, Sendable {
    static let defaultLimit = 8
    static let maximumLimit = 24

    /// The most products.
    let limit: Int
    /// Whether products that are sold out may be among them.
    let includesSoldOut: Bool

    /// - Throws: `Problem` (400) that names each parameter with an invalid value.
    init(_ query: QueryParameters) throws(Problem) {
        var faults: [InputError] = []
        var limit = Self.defaultLimit
        if let text = query.first("limit") {
            // Digits only: Int also reads a sign.
            if text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(text),
                (1...Self.maximumLimit).contains(number)
            {
                limit = number
            } else {
                faults.append(InputError(.parameter("limit"), "must be a number from 1 to \(Self.maximumLimit)"))
            }
        }
        self.limit = limit
        switch query.first("in_stock") {
        case nil, "true": includesSoldOut = false
        case "any": includesSoldOut = true
        default:
            includesSoldOut = false
            faults.append(InputError(.parameter("in_stock"), "must be true or any"))
        }
        guard faults.isEmpty else { throw Problem(.invalidParameter, errors: faults) }
    }

    /// The largest number of products in a cart.
    static let maximumSKUs = 100

    /// The SKUs of a request for a cart.
    /// - Throws: `FieldErrors` with every error of the body and its place.
    static func skus(_ document: JSONValue) throws(FieldErrors) -> [String] {
        try JSONReader.decode(document) { json in
            json["skus"].array(count: 1...maximumSKUs) { $0.line(length: 1...100) }
        }
    }
}
