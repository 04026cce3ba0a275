import Foundation
import TestSupport
import Testing

@testable import CatalogImport

@Suite("Category paths")
struct CategoryPathTests {
    @Test(
        "are names between separators",
        arguments: [
            ("Home", ["Home"]), (" Home / Kitchen ", ["Home", "Kitchen"]), ("/Home//Kitchen/", ["Home", "Kitchen"]), ("/ /", []),
            (#"Input\/Output"#, ["Input/Output"]), (#"A\/B/C"#, ["A/B", "C"]), (#"AC\\DC"#, [#"AC\DC"#]),
            (#"AC\DC"#, [#"AC\DC"#]),
            (#"A\\/B"#, [#"A\"#, "B"]), (#"A\"#, [#"A\"#]), ("A>B", ["A>B"]), ("", []), ("茶/油", ["茶", "油"]),
            ("A/\u{301}B", ["A", "\u{301}B"]),
        ])
    func names(path: String, names: [String]) {
        #expect(CategoryPath.standard.names(path) == names)
    }

    @Test("can have another separator; then a slash is a part of a name")
    func separator() throws {
        let path = try #require(CategoryPath(separator: ">"))
        #expect(path.names("Home > Input/Output > A\\>B") == ["Home", "Input/Output", "A>B"])
        #expect(path.names(#"A\/B"#) == [#"A\/B"#])
        for wrong in ["", "\\", "a", "Ж", "5", "::", " ", "\t", "\n", "茶"] {
            #expect(CategoryPath(separator: wrong) == nil, "\(wrong)")
        }
        for right in ["/", ">", "|", "»", ":", "›", ".", "→"] { #expect(CategoryPath(separator: right) != nil, "\(right)") }
    }

    @Test("of any names read back as these names")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 140)
        for separator in ["/", ">", "›", "-"] {
            let path = try #require(CategoryPath(separator: separator))
            for _ in 0..<2_000 {
                let names = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                    "x" + random.text(upTo: 8, from: #"ab/\>›- \\//é\#u{301}茶"#) + "y"
                }
                #expect(path.names(path.text(names)) == names, "\(names)")
            }
        }
    }

    @Test(
        "have names that are the same in any case, white space and composition",
        arguments: [
            ["Home  Office", " home office ", "HOME\u{A0}OFFICE"], ["Straße", "STRASSE", "strasse", "STRAẞE"],
            ["Σοφίας", "ΣΟΦΊΑΣ", "σοφίασ"], ["Café", "Cafe\u{301}", "CAFÉ"], ["ﬁn", "FIN"], ["Ꭰ", "ꭰ"], ["ǆ", "Ǆ", "ǅ"],
        ])
    func folded(names: [String]) {
        #expect(Set(names.map { Array($0.foldedCategoryName.utf8) }).count == 1)
    }

    @Test(
        "have names that differ in letters or signs",
        arguments: [["C", "C++", "C#"], ["ı", "i"], ["Cafe", "Café"], ["茶", "油"], ["a b", "ab"]])
    func different(names: [String]) {
        #expect(Set(names.map(\.foldedCategoryName)).count == names.count)
    }
}
