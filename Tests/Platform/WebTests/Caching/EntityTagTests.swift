import Testing

@testable import Web

@Suite struct EntityTagTests {
    @Test func aTagIsStrongAndDependsOnTheBytes() {
        let tags = (0..<10_000).map { EntityTag(of: Array("\($0)".utf8)) }
        #expect(Set(tags).count == tags.count)
        #expect(tags.allSatisfy { !$0.isWeak && $0.description.utf8.count == 24 })
        #expect(EntityTag(of: [1, 2]) == EntityTag(of: [1, 2]))
        #expect(tags[0].opaque.count == 22)
        #expect(tags[0].description.hasPrefix("\"") && tags[0].description.hasSuffix("\""))
    }

    @Test func aVersionIsReadBackFromItsTag() {
        for version: Int64 in [0, 1, 42, .max] {
            let tag = EntityTag(version: version, of: [1])
            #expect(tag.version == version)
            #expect(tag != EntityTag(version: version, of: [2]))
        }
        for text in ["", ".", ".5", "x.y", "-1.x", "+1.x", "1", "99999999999999999999.x", " 1.x"] {
            #expect(EntityTag(opaque: Array(text.utf8)).version == nil, "\(text)")
        }
    }

    /// The table of RFC 9110 §8.8.3.2.
    @Test(arguments: [
        ("1", true, "1", true, false, true), ("1", true, "2", true, false, false), ("1", true, "1", false, false, true),
        ("1", false, "1", false, true, true),
    ])
    func comparisonIsThatOfTheStandard(
        left: String, leftWeak: Bool, right: String, rightWeak: Bool, strong: Bool, weak: Bool
    ) {
        let left = EntityTag(opaque: Array(left.utf8), isWeak: leftWeak)
        let right = EntityTag(opaque: Array(right.utf8), isWeak: rightWeak)
        #expect(left.matchesStrongly(right) == strong)
        #expect(left.matchesWeakly(right) == weak)
    }
}
