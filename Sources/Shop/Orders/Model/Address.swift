import Formats

/// Where an order goes.
package struct Address: Equatable, Sendable {
    package let name: String
    package let company: String?
    package let line1: String
    package let line2: String?
    /// Nil only where the country's addresses need none, as in Singapore.
    package let city: String?
    package let region: String?
    /// Nil only where the country's addresses need none, as in Qatar.
    package let postalCode: String?
    /// ISO 3166-1 alpha-2.
    package let country: String
    package let phone: String?

    /// Reads it, noting every fault at its place. Which parts must be there is the country's matter
    /// (``AddressParts/required(in:)``); how they are written is not judged: patterns of postal codes change, and one that is
    /// out of date would refuse an order that the post delivers.
    init(_ json: JSONReader) {
        country = json["country"].parsed("must be an ISO 3166-1 country code of two capital letters", placeholder: "") {
            CountryCode.isKnown($0) ? $0 : nil
        }
        let parts = AddressParts.required(in: country)
        name = json["name"].visibleLine(length: 1...200)
        company = json.part("company", upTo: 200)
        line1 = json["line1"].visibleLine(length: 1...200)
        line2 = json.part("line2", upTo: 200)
        city = json.part("city", upTo: 120, isRequired: parts.contains(.city))
        postalCode = json.part("postal_code", upTo: 20, isRequired: parts.contains(.postalCode))
        region = json.part("region", upTo: 120, isRequired: parts.needRegion(city: city, postalCode: postalCode))
        phone = json.part("phone", upTo: 40)
    }

    /// The address as JSON, absent parts left out; its members in the order in which PostgreSQL keeps them, so that what is
    /// answered when an order is placed is byte for byte what is read later on.
    func json() -> [UInt8] {
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        let members = [
            ("name", name), ("company", company), ("line1", line1), ("line2", line2), ("city", city), ("region", region),
            ("postal_code", postalCode), ("country", country), ("phone", phone),
        ]
        for (name, value) in members.sorted(by: { Self.precedes($0.0, $1.0) }) {
            guard let value else { continue }
            json.key(dynamic: name)
            json.string(value)
        }
        json.endObject()
        return json.finish()
    }

    /// The order of a jsonb object's members: by length, then by bytes (PostgreSQL, `lengthCompareJsonbStringValue`).
    private static func precedes(_ left: String, _ right: String) -> Bool {
        (left.utf8.count, left) < (right.utf8.count, right)
    }
}

extension JSONReader {
    /// A part of an address; nil where it is absent, null or empty and need not be there.
    fileprivate func part(_ name: String, upTo longest: Int, isRequired: Bool = false) -> String? {
        let part = isRequired ? self[name].visibleLine(length: 1...longest) : optional(name)?.visibleLine(length: 0...longest)
        return part?.isEmpty == false ? part : nil
    }
}
