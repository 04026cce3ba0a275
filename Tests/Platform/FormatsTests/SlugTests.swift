import Foundation
import TestSupport
import Testing

@testable import Formats

@Suite("Slug")
struct SlugTests {
    @Test(
        "folds names",
        arguments: [
            ("Café Münster No. 5", "cafe-munster-no-5"), ("  Men's  T-Shirt -- XL ", "mens-t-shirt-xl"), ("Men’s", "mens"),
            ("Smørrebrød", "smorrebrod"),
            ("Straße", "strasse"), ("ÆØÅ æøå", "aeoa-aeoa"), ("Łódź", "lodz"), ("Çeşme İzmir ığ", "cesme-izmir-ig"),
            ("Tiếng Việt", "tieng-viet"),
            ("Cafe\u{301}", "cafe"), ("a/b\\c?d=e&f", "a-b-c-d-e-f"), ("50% off!", "50-off"), ("ÞÐ þð", "thd-thd"),
            ("œuvre", "oeuvre"),
            ("", "item"), ("---", "item"), ("日本語", "item"), ("😀", "item"), ("日本 5", "5"), ("A\0B\nC", "a-b-c"), ("ﬁ", "item"),
            ("ẞ", "ss"),
        ])
    func folds(name: String, slug: String) {
        #expect(Slug.make(name) == slug)
    }

    @Test("is at most 80 characters, and never ends in a hyphen or half of two letters")
    func length() {
        #expect(Slug.make(String(repeating: "a", count: 200)) == String(repeating: "a", count: 80))
        #expect(Slug.make(String(repeating: "a", count: 80) + " b") == String(repeating: "a", count: 80))
        #expect(Slug.make(String(repeating: "a", count: 79) + " b") == String(repeating: "a", count: 79))
        #expect(Slug.make(String(repeating: "a", count: 79) + "ß") == String(repeating: "a", count: 79))
    }

    @Test("every slug is valid, and its own slug")
    func always() {
        var random = SeededGenerator(seed: 60)
        for _ in 0..<5_000 {
            let slug = Slug.make(random.text(upTo: 60))
            #expect(Slug.isValid(slug.utf8))
            #expect(Slug.make(slug) == slug)
        }
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
            ("é", false), ("a b", false), ("a_b", false),
        ])
    func valid(text: String, isSlug: Bool) {
        #expect(Slug.isValid(text.utf8) == isSlug)
        #expect(Slug.isValid(String(repeating: "a", count: 81).utf8) == false)
    }
}
