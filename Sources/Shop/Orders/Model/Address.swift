import CAddressMetadata
import Formats

/// The address of a delivery.
package struct Address: Equatable, Sendable {
    package let name: String
    package let company: String?
    package let line1: String
    package let line2: String?
    /// Nil only in countries whose addresses need none, such as Singapore.
    package let city: String?
    package let region: String?
    /// Nil only in countries whose addresses need none, such as Qatar.
    package let postalCode: String?
    /// ISO 3166-1 alpha-2.
    package let country: String
    package let phone: String?

    /// Reads an address, and notes every error with its place. The country decides which parts are required
    /// (``AddressParts/required(in:)``). Their form is not checked: patterns of postal codes change, and an outdated pattern
    /// would refuse an address that the post knows.
    package init(_ json: JSONReader) {
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

    /// The address as JSON, without absent parts. Its members have the order in which PostgreSQL stores them, so that the
    /// response to a new order is byte for byte the one that is read later.
    package func json() -> [UInt8] {
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
    /// A part of an address; nil where it is absent, null or empty and not required.
    fileprivate func part(_ name: String, upTo longest: Int, isRequired: Bool = false) -> String? {
        let part = isRequired ? self[name].visibleLine(length: 1...longest) : optional(name)?.visibleLine(length: 0...longest)
        return part?.isEmpty == false ? part : nil
    }
}

/// Officially assigned country codes, ISO 3166-1 alpha-2.
enum CountryCode {
    /// Also checks for two bytes: to Swift, the KELVIN SIGN equals a K.
    static func isKnown(_ code: String) -> Bool { code.utf8.count == 2 && known.contains(code) }

    private static let known: Set<String> = Set(
        """
        AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY \
        BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK \
        FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR \
        IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK \
        ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM \
        PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF \
        TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
        """.split(separator: " ").map(String.init))
}

/// Parts of an address that only some countries require.
struct AddressParts: OptionSet, Sendable {
    let rawValue: UInt8

    static let city = AddressParts(rawValue: 1)
    static let region = AddressParts(rawValue: 2)
    static let postalCode = AddressParts(rawValue: 4)

    /// The parts that an address in the country needs besides a name and a street, from public address metadata
    /// (Sources/Shop/CAddressMetadata). As in the metadata, an unknown country needs a city.
    static func required(in country: String) -> AddressParts { byCountry[country] ?? .city }

    /// Whether an address is incomplete without a region.
    ///
    /// The metadata requires a region in some countries. City and postal code together imply it, so it is not required where
    /// both are required anyway, as in the United States, or where both are given. Where no city is required, as in the United
    /// Arab Emirates, a given city identifies the place as well.
    func needRegion(city: String?, postalCode: String?) -> Bool {
        guard contains(.region), !isSuperset(of: [.city, .postalCode]) else { return false }
        return city == nil || (contains(.city) && postalCode == nil)
    }

    private static let byCountry: [String: AddressParts] = {
        var count = 0
        let text = UnsafeBufferPointer(start: address_requirements(&count), count: count)
        var parts: [String: AddressParts] = [:]
        for line in text.split(separator: UInt8(ascii: "\n")) where line.first != UInt8(ascii: "#") {
            let words = line.split(separator: UInt8(ascii: " "))
            guard let country = words.first else { continue }
            parts[String(decoding: country, as: UTF8.self)] = AddressParts(words.dropFirst().joined().compactMap(Self.part))
        }
        return parts
    }()

    private static func part(_ letter: UInt8) -> AddressParts? {
        switch letter {
        case UInt8(ascii: "C"): .city
        case UInt8(ascii: "S"): .region
        case UInt8(ascii: "Z"): .postalCode
        default: nil
        }
    }
}
