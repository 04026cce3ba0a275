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

    /// The address as JSON, absent parts left out; its members in the order in which PostgreSQL keeps them (jsonb: by
    /// length, then bytes), so that what is answered when an order is placed is byte for byte what is read later on.
    func json() -> [UInt8] {
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        json.field("city", city)
        json.field("name", name)
        json.field("line1", line1)
        if let line2 { json.field("line2", line2) }
        if let phone { json.field("phone", phone) }
        if let region { json.field("region", region) }
        if let company { json.field("company", company) }
        json.field("country", country)
        json.field("postal_code", postalCode)
        json.endObject()
        return json.finish()
    }
}
