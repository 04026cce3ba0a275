/// Names for URLs: lower-case ASCII letters and digits in groups with single hyphens between them.
package enum Slug {
    /// The longest slug, in characters.
    package static let maximumLength = 80

    /// The slug of a name: `Café Münster No. 5` is `cafe-munster-no-5`.
    ///
    /// Latin letters lose their marks, apostrophes are removed (`men's` is `mens`), and other characters separate groups. The same
    /// name always has the same slug, of at most `maximumLength` characters and never empty: without any letter it is `item`.
    package static func make(_ name: String) -> String {
        var slug: [UInt8] = []
        slug.reserveCapacity(maximumLength)
        var needsHyphen = false
        scan: for scalar in name.unicodeScalars {
            let letters: [UInt8]
            switch scalar.value {
            case 0x30...0x39, 0x61...0x7A: letters = [UInt8(truncatingIfNeeded: scalar.value)]
            case 0x41...0x5A: letters = [UInt8(truncatingIfNeeded: scalar.value) | 0x20]
            // Apostrophes, straight and curly, and combining marks belong to the letters around them.
            case 0x27, 0x2019, 0x300...0x36F: continue
            default: letters = LatinFolding.letters(of: scalar)
            }
            if letters.isEmpty {
                needsHyphen = !slug.isEmpty
                continue
            }
            guard slug.count + letters.count + (needsHyphen ? 1 : 0) <= maximumLength else { break scan }
            if needsHyphen { slug.append(UInt8(ascii: "-")) }
            slug.append(contentsOf: letters)
            needsHyphen = false
        }
        return slug.isEmpty ? "item" : String(decoding: slug, as: UTF8.self)
    }

    /// Whether text is a slug as `make` writes them.
    @inlinable
    package static func isValid(_ text: some Collection<UInt8>) -> Bool {
        text.withBytes { isValid(bytes: $0) }
    }

    @usableFromInline
    static func isValid(bytes text: Span<UInt8>) -> Bool {
        guard (1...maximumLength).contains(text.count) else { return false }
        var previous = UInt8(ascii: "-")
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): break
            case UInt8(ascii: "-"): guard previous != UInt8(ascii: "-") else { return false }
            default: return false
            }
            previous = text[index]
        }
        return previous != UInt8(ascii: "-")
    }
}
