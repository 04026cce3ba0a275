import Foundation
import TestSupport
import Testing

@testable import Formats

@Suite("Slug")
struct SlugTests {
    @Test(
        "folds names",
        arguments: [
            ("Café Münster No. 5", "cafe-muenster-no-5"), ("  Men's  T-Shirt -- XL ", "mens-t-shirt-xl"), ("Men’s", "mens"),
            ("Smørrebrød", "smorrebrod"),
            ("Straße", "strasse"), ("ÆØÅ æøå", "aeoa-aeoa"), ("Łódź", "lodz"), ("Çeşme İzmir ığ", "cesme-izmir-ig"),
            ("Tiếng Việt", "tieng-viet"),
            ("Cafe\u{301}", "cafe"), ("a/b\\c?d=e&f", "a-b-c-d-e-f"), ("50% off!", "50-off"), ("ÞÐ þð", "thd-thd"),
            ("œuvre", "oeuvre"),
            ("", "item"), ("---", "item"), ("😀", "item"), ("A\0B\nC", "a-b-c"), ("ﬁn", "fin"), ("ẞ", "ss"), ("ÄÖÜ ÿ", "aeoeue-y"),
            ("u\u{308}ber", "ueber"), ("C", "c"), ("C++", "c"), ("C#", "c"), ("+", "item"),
            // Cyrillic and Greek.
            ("Чай и Масло", "chay-i-maslo"), ("Объём", "obyom"), ("Щётка", "shchyotka"), ("ь", "item"), ("a ь b", "a-b"),
            ("Їжа ґанок", "yizha-ganok"), ("Ελληνικά Λουλούδια", "ellinika-louloudia"), ("ΣΟΦΙΑΣ", "sofias"),
            ("ἀγορά", "agora"),
            // Letters of other scripts stay, with their marks.
            ("茶", "茶"), ("油", "油"), ("日本 5", "日本-5"), ("日本語！", "日本語"), ("コーヒー", "コーヒー"), ("한국", "한국"),
            ("한국", "한국"), ("चाय", "चाय"), ("ชา & น้ำมัน", "ชา-น้ำมัน"), ("شاي", "شاي"), ("می\u{200C}خواهم", "میخواهم"),
            ("ＴＥＥ　２", "tee-2"), ("٥", "٥"), ("½ kg", "kg"), ("Ꭰ", "ꭰ"),
        ])
    func folds(name: String, slug: String) {
        #expect(Slug.make(name) == slug)
    }

    @Test("is at most 80 bytes, and never ends in a hyphen or half of two letters")
    func length() {
        #expect(Slug.make(String(repeating: "a", count: 200)) == String(repeating: "a", count: 80))
        #expect(Slug.make(String(repeating: "a", count: 80) + " b") == String(repeating: "a", count: 80))
        #expect(Slug.make(String(repeating: "a", count: 79) + " b") == String(repeating: "a", count: 79))
        #expect(Slug.make(String(repeating: "a", count: 79) + "ß") == String(repeating: "a", count: 79))
        #expect(Slug.make(String(repeating: "茶", count: 80)) == String(repeating: "茶", count: 26))
    }

    @Test("every slug is valid, and its own slug")
    func always() {
        var random = SeededGenerator(seed: 60)
        for _ in 0..<5_000 {
            let slug = Slug.make(random.text(upTo: 60))
            #expect(Slug.isValid(slug))
            #expect(Slug.make(slug).hasSameBytes(as: slug))
            #expect(slug.utf8.count <= Slug.maximumLength)
        }
        // Scripts with cases, marks and compositions, which random characters seldom meet.
        let alphabet = "aZéÉßẞİıÄöь БйЙЁ ΣςάΐύΟυ ἀᾼ 茶ー한국가각 चाय ชานํ้ำ שלום شايٌ يٰ \u{200C}\u{AD}-’_/５Ａ"
        for _ in 0..<5_000 {
            var name = random.text(upTo: 40, from: alphabet)
            if Bool.random(using: &random) { name = name.decomposedStringWithCanonicalMapping }
            let slug = Slug.make(name)
            #expect(Slug.isValid(slug) && slug.utf8.count <= Slug.maximumLength, "\(name)")
            #expect(slug.hasSameBytes(as: slug.precomposedStringWithCanonicalMapping.lowercased()))
            #expect(!slug.hasPrefix("-") && !slug.hasSuffix("-") && !slug.contains("--"))
            // Composed or not, in any case: the same name.
            #expect(Slug.make(name.precomposedStringWithCanonicalMapping).hasSameBytes(as: slug))
        }
    }

    @Test("every character has an end") func characters() {
        for code in UInt32(0)...0x2FFFF {
            guard let scalar = Unicode.Scalar(code) else { continue }
            let slug = Slug.make(String(scalar))
            #expect(!slug.isEmpty && slug.utf8.count <= 8, "\(String(code, radix: 16))")
            if code < 0x3000 || code % 16 == 0 { #expect(Slug.isValid(slug), "\(String(code, radix: 16))") }
        }
    }

    @Test("names of ASCII and most Latin letters have the slugs that releases before made")
    func unchanged() {
        var random = SeededGenerator(seed: 61)
        for _ in 0..<5_000 {
            let name = random.text(upTo: 100, from: "abcXYZ019 -_'’/+#.éèçñøåłšž")
            for limit in [72, 80] { #expect(Slug.make(name, upTo: limit) == Slug.former(name, upTo: limit), "\(name)") }
        }
        #expect(Slug.former("茶") == "item" && Slug.former("Müll 茶") == "mull")
    }

    @Test("Latin letters fold as in Foundation's decomposition, if they have one")
    func latin() {
        for code in Array(UInt32(0xC0)...0x24F) + Array(0x1E00...0x1EFF) {
            guard let scalar = Unicode.Scalar(code) else { continue }
            let folded = String(decoding: LatinFolding.letters(of: scalar), as: UTF8.self)
            #expect(folded.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) })
            let decomposed = String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars.filter {
                !(0x300...0x36F).contains($0.value)
            }
            let base = String(String.UnicodeScalarView(decomposed)).lowercased()
            if base.utf8.count == 1 { #expect(folded == base) }
        }
        for code: UInt32 in [0xBF, 0x250, 0x1DFF, 0x1F00, 0x10FFFF] {
            #expect(Unicode.Scalar(code).map { LatinFolding.letters(of: $0) } == [])
        }
    }

    @Test(
        "tells slugs from other text",
        arguments: [
            ("a", true), ("a-b", true), ("5", true), ("", false), ("-a", false), ("a-", false), ("a--b", false), ("A", false),
            ("é", false), ("a b", false), ("a_b", false), ("茶", true), ("茶-2", true), ("чай", false), ("가", true),
            ("\u{1100}\u{1161}", false), ("~a", false), ("a/b", false), ("a%20b", false),
        ])
    func valid(text: String, isSlug: Bool) {
        #expect(Slug.isValid(text) == isSlug)
        #expect(Slug.isValid(String(repeating: "a", count: 81)) == false)
    }
}
