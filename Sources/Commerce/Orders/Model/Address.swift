import Formats

/// Where an order goes.
package struct Address: Equatable, Sendable {
    package let name: String
    package let company: String?
    package let line1: String
    package let line2: String?
    package let city: String
    package let region: String?
    package let postalCode: String
    /// ISO 3166-1 alpha-2.
    package let country: String
    package let phone: String?

    /// Reads it, noting every fault at its place.
    init(_ json: JSONReader) {
        name = json["name"].line(length: 1...200)
        company = json.optional("company")?.line(length: 0...200)
        line1 = json["line1"].line(length: 1...200)
        line2 = json.optional("line2")?.line(length: 0...200)
        city = json["city"].line(length: 1...120)
        region = json.optional("region")?.line(length: 0...120)
        postalCode = json["postal_code"].line(length: 1...20)
        country = json["country"].parsed("must be an ISO 3166-1 country code of two capital letters", standIn: "") {
            CountryCode.isKnown($0) ? $0 : nil
        }
        phone = json.optional("phone")?.line(length: 0...40)
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
