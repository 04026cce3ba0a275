import Testing

@testable import Web

@Suite struct EntityTagConditionTests {
    private func tags(_ values: String...) -> [String]? {
        switch EntityTagCondition(values) {
        case .any: ["*"]
        case .tags(let tags): tags.map(\.description)
        case nil: nil
        }
    }

    @Test func starMeansAnyVersion() {
        #expect(tags("*") == ["*"])
        #expect(tags(" *\t") == ["*"])
        #expect(tags("*", "*") == nil)
        #expect(tags("*, \"a\"") == nil)
    }

    @Test func listsAreReadFromOneHeaderOrSeveral() {
        #expect(tags("\"a\"") == ["\"a\""])
        #expect(tags("\"a\", W/\"b\",\"c\"") == ["\"a\"", "W/\"b\"", "\"c\""])
        #expect(tags("\"a\"", "\"b\"") == ["\"a\"", "\"b\""])
        #expect(tags(", ,\"a\",,\t\"b\" ,") == ["\"a\"", "\"b\""])
        #expect(tags("\"\"") == ["\"\""])
        #expect(tags("\"a,b\"") == ["\"a,b\""])
        #expect(tags("\"a\\\"") == ["\"a\\\""])
        #expect(tags("\"é\"") == ["\"é\""])
    }

    @Test(arguments: [
        "", " ", ",", "a", "\"a", "a\"", "\"a\" \"b\"", "\"a\"\"b\"", "w/\"a\"", "W\"a\"", "W/a", "W/ \"a\"", "\"a b\"", "\"a\"x",
        "\"a\u{7f}\"", "'a'", "**", "\"a\", b",
    ])
    func whatIsNoListIsNone(field: String) { #expect(tags(field) == nil) }

    @Test func matchingIsStrongForWritesAndWeakForReads() throws {
        let tag = EntityTag(opaque: Array("x".utf8))
        let weak = try #require(EntityTagCondition(["\"a\", W/\"x\""]))
        #expect(weak.holdsWeakly(for: tag))
        #expect(!weak.holdsStrongly(for: tag))
        let strong = try #require(EntityTagCondition(["\"a\", \"x\""]))
        #expect(strong.holdsWeakly(for: tag))
        #expect(strong.holdsStrongly(for: tag))
        #expect(EntityTagCondition.any.holdsStrongly(for: tag))
        #expect(!EntityTagCondition.tags([]).holdsWeakly(for: tag))
    }

    @Test func aVersionMatchesWhateverTheHashIs() throws {
        let seen = EntityTag(version: 7, of: [1])
        let condition = try #require(EntityTagCondition([seen.description]))
        #expect(condition.holds(forVersion: 7))
        #expect(!condition.holds(forVersion: 8))
        #expect(!condition.holdsStrongly(for: EntityTag(version: 7, of: [2])))
        #expect(!(try #require(EntityTagCondition(["W/\(seen)"]))).holds(forVersion: 7))
        #expect(EntityTagCondition.any.holds(forVersion: 3))
    }

    @Test func quotedTagsRoundTrip() {
        for _ in 0..<3_000 {
            let tags = (0..<Int.random(in: 1...5)).map { _ in
                EntityTag(
                    opaque: (0..<Int.random(in: 0...6)).map { _ in [0x21, 0x23, 0x2c, 0x5c, 0x7e, 0x41].randomElement() ?? 0x41 },
                    isWeak: .random())
            }
            let separator = [",", ", ", " , ", ",,"].randomElement() ?? ","
            let field = tags.map(\.description).joined(separator: separator)
            #expect(EntityTagCondition([field]) == .tags(tags))
        }
    }

    @Test func anyTextIsReadWithoutATrap() {
        let alphabet = Array("\"\"*W/,ab \té\\")
        for _ in 0..<20_000 {
            let text = String((0..<Int.random(in: 0...12)).map { _ in alphabet.randomElement() ?? "a" })
            if case .tags(let tags) = EntityTagCondition([text]) { #expect(!tags.isEmpty) }
        }
    }
}
