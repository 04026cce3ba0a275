import CAddressMetadata

/// Officially assigned country codes, ISO 3166-1 alpha-2.
enum CountryCode {
    /// Two bytes, too: Swift takes the KELVIN SIGN for a K.
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

/// Parts of an address that some countries' addresses need and others do not have.
struct AddressParts: OptionSet, Sendable {
    let rawValue: UInt8

    static let city = AddressParts(rawValue: 1)
    static let region = AddressParts(rawValue: 2)
    static let postalCode = AddressParts(rawValue: 4)

    /// What an address in the country needs besides a name and a street address, after the public address metadata
    /// (Sources/Shop/CAddressMetadata); a city where nothing is known of the country, as the metadata has it.
    static func required(in country: String) -> AddressParts { byCountry[country] ?? .city }

    /// Whether an address is incomplete without a region.
    ///
    /// The metadata asks for one in some countries. City and postal code together tell it, so that it is not asked for where
    /// both are needed anyway, as in the United States, or are given; and where no city is needed, as in the United Arab
    /// Emirates, one that is given says the place as well.
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
