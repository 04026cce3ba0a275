import Testing

@testable import Catalog

struct SpellingTests {
    private func best(_ word: String, of candidates: [String: Int], products: Int = 0) -> String? {
        Spelling.best(of: candidates.map { ($0.key, $0.value) }, for: word, products: products)
    }

    @Test("the fewest typos, then the most products, then the alphabet decide") func order() {
        #expect(best("lanterm", of: ["lantern": 1, "lanterns": 900]) == "lantern")
        #expect(best("lampe", of: ["lampi": 3, "lampo": 7]) == "lampo")
        #expect(best("lampe", of: ["lampi": 3, "lampa": 3]) == "lampa")
        #expect(best("lampe", of: ["lampe": 3]) == nil)
        #expect(best("lampe", of: ["klampen": 3]) == nil)
    }

    @Test("short words have no typos, longer ones one, long ones two") func limits() {
        #expect(best("mug", of: ["mag": 9]) == nil)
        #expect(best("mugs", of: ["mags": 9]) == "mags")
        #expect(best("kettlee", of: ["katle": 9]) == nil)
        #expect(best("surfbaords", of: ["surfboard": 9]) == "surfboard")
        #expect(best(String(repeating: "a", count: 65), of: [String(repeating: "a", count: 64): 9]) == nil)
    }

    @Test("a word that products have is replaced by a far more frequent one with the same beginning only") func rare() {
        #expect(best("lanterm", of: ["lantern": 20], products: 2) == "lantern")
        #expect(best("lanterm", of: ["lantern": 19], products: 2) == nil)
        #expect(best("mouse", of: ["house": 1_000], products: 1) == nil)
        #expect(best("mouse", of: ["house": 1_000]) == "house")
        #expect(best("lanterm", of: ["lantern": .max - 1], products: .max) == nil)
    }

    @Test("swapped, missing, wrong and additional letters are one typo each") func distances() {
        for (left, right, distance) in [
            ("lamp", "lmap", 1), ("lamp", "lap", 1), ("lamp", "limp", 1), ("lamp", "lampe", 1), ("lamp", "lamp", 0),
            ("ab", "", 2),
        ] {
            #expect(Spelling.distance(Array(left.unicodeScalars), Array(right.unicodeScalars), limit: 3) == distance)
            #expect(Spelling.distance(Array(right.unicodeScalars), Array(left.unicodeScalars), limit: 3) == distance)
        }
        #expect(Spelling.distance(Array("lamp".unicodeScalars), Array("desk".unicodeScalars), limit: 2) > 2)
    }
}
