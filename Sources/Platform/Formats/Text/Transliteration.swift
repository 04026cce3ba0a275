@_spi(_Unicode) import Swift

/// The ASCII letters, in lower case, that stand for a letter of the Latin, Greek or Cyrillic script.
///
/// Short tables, as ICU's transliterators have tens of megabytes. Cyrillic follows the BGN/PCGN romanization of Russian, with the
/// letters of its neighbours; Greek follows ELOT 743, with the digraph `ου` as the only one.
enum Transliteration {
    /// The letters for a scalar beyond ASCII in lower case; none for a sign that is not written, nil for a scalar that stays.
    /// - Parameter last: the letter before it, if they are in one group
    static func letters(of scalar: Unicode.Scalar, after last: Unicode.Scalar? = nil) -> [UInt8]? {
        switch scalar.value {
        // German writes umlauts like this where it has no other letters.
        case 0xE4: return Array("ae".utf8)
        case 0xF6: return Array("oe".utf8)
        case 0xFC: return Array("ue".utf8)
        case 0xC0...0x24F, 0x1E00...0x1EFF:
            let letters = LatinFolding.letters(of: scalar)
            return letters.isEmpty ? nil : letters
        case 0x3C5, 0x3CD:
            let isDigraph = last == "\u{3BF}" || last == "\u{3CC}"
            return Array((isDigraph ? "u" : "y").utf8)
        case 0x370...0x3FF: return greek[scalar]
        // Old Greek letters have several marks.
        case 0x1F00...0x1FFF:
            // Some are signs of their own, and their own decomposition.
            guard let base = String(scalar)._nfd.first(where: { _ in true }), (0x370...0x3FF).contains(base.value) else {
                return nil
            }
            return letters(of: base, after: last)
        case 0x400...0x4FF: return cyrillic[scalar]
        // Full-width forms of ASCII.
        case 0xFF10...0xFF19, 0xFF41...0xFF5A: return [UInt8(truncatingIfNeeded: scalar.value - 0xFEE0)]
        case 0xFB00...0xFB06: return ligatures[Int(scalar.value - 0xFB00)]
        default: return nil
        }
    }

    private static let ligatures = ["ff", "fi", "fl", "ffi", "ffl", "st", "st"].map { Array($0.utf8) }

    private static let greek = table(
        """
        ΐ i ά a έ e ή i ί i ΰ y ό o ώ o ϊ i ϋ y α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t \
        φ f χ ch ψ ps ω o
        """)

    private static let cyrillic = table(
        """
        а a б b в v г g д d е e ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch ш sh щ shch ъ - ы y ь - \
        э e ю yu я ya ѐ e ё yo ђ dj ѓ g є ye ѕ dz і i ї yi ј j љ lj њ nj ћ c ќ k ѝ i ў u џ dz ґ g ғ g җ zh қ k ң n ү u ұ u һ h ә a \
        ө o
        """)

    /// Pairs of a letter and what stands for it; `-` stands for nothing.
    private static func table(_ text: String) -> [Unicode.Scalar: [UInt8]] {
        var table: [Unicode.Scalar: [UInt8]] = [:]
        let words = text.split(separator: " ")
        for index in stride(from: 0, to: words.count - 1, by: 2) {
            guard let letter = String(words[index]).composed.unicodeScalars.first else { continue }
            table[letter] = words[index + 1] == "-" ? [] : Array(words[index + 1].utf8)
        }
        return table
    }
}
