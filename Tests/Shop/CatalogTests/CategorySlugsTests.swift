import Formats
import TestSupport
import Testing

@testable import Catalog

@Suite("Former slugs of categories")
struct CategorySlugsTests {
    @Test("are read back from their document, by their bytes")
    func roundTrip() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<1_000 {
            var slugs: [String: String] = [:]
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                slugs[random.text(upTo: 5, from: "ab-茶\"\\é")] = random.text(upTo: 5, from: "ab-茶\"é")
            }
            let read = CategorySlugs(CategorySlugs.json(slugs))
            for (former, present) in slugs { #expect(read[former] == present) }
            #expect(read["nothing"] == nil)
        }
        #expect(CategorySlugs(CategorySlugs.json(["caf\u{E9}": "x"]))["cafe\u{301}"] == nil)
        for hostile in ["", "[]", "{", "{\"a\":1}", "null"] { #expect(CategorySlugs(Array(hostile.utf8))["a"] == nil) }
    }
}
