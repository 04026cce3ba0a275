/// Takes a recipient's address out of what a mail server has said, so that no report and no log names a person.
enum MaskedAddress {
    /// The text with "the recipient" in place of the address. Servers repeat addresses in the form in which they got them, which has
    /// a domain in ASCII, and in upper or lower case as they like.
    static func masked(_ address: String, in text: String) -> String {
        var text = text
        for spelling in [address, EmailDomain.ascii(address)] {
            text = masked(spelling: spelling, in: text)
            // SMTPDialogue has a space in place of each byte of a reply that is not ASCII.
            let bytes = spelling.utf8.map { $0 < 0x80 ? $0 : 0x20 }
            text = masked(spelling: String(decoding: bytes, as: UTF8.self), in: text)
        }
        return text
    }

    private static func masked(spelling: String, in text: String) -> String {
        // By scalars: as characters, an address with a combining mark behind it would be another one.
        let scalars = Array(text.unicodeScalars)
        let folded = scalars.map(\.properties.lowercaseMapping)
        let wanted = spelling.unicodeScalars.map(\.properties.lowercaseMapping)
        // A reply that is long is cut off, perhaps within the address.
        let shortest = (wanted.firstIndex(of: "@") ?? wanted.count) + 1
        var masked = String.UnicodeScalarView()
        var place = 0
        while place < scalars.count {
            let count = min(wanted.count, scalars.count - place)
            if count >= min(shortest, wanted.count), count > 0, folded[place..<place + count].elementsEqual(wanted[..<count]) {
                masked.append(contentsOf: "the recipient".unicodeScalars)
                place += count
            } else {
                masked.append(scalars[place])
                place += 1
            }
        }
        return String(masked)
    }
}
