import TestSupport
import Testing

@testable import Notifications

@Suite struct GreetingNameTests {
    @Test(
        "names of people and companies are greeted",
        arguments: [
            "Ada", "Ada Moss", "J. R. R. Tolkien", "St. John", "Sammy Davis Jr.", "Dr. Smith", "Prof. Dr. h. c. Müller",
            "J.-P. Sartre",
            "O'Neill", "Anne-Marie", "Müller & Söhne", "Moss, Ada", "Jr., John", "(Ada)", "X Æ A-12", "李小龍", "Зоя", "محمد", "😀",
            "e\u{301}", ".", "..", ". .", "A.", ".A", "<b>", "", "Acme Inc.", "No. 5", "Ada . Moss",
            String(repeating: "W", count: 60),
        ])
    func names(name: String) { #expect(GreetingName.shown(name) == name) }

    @Test(
        "what is long or looks like a link is not greeted",
        arguments: [
            "You won: https://evil.example,", "https://evil", "ftp://x", "x://", "evil.example", "Go to evil.example now",
            "EVIL.EXAMPLE",
            "www.", "WWW. evil", "www.evil.example", "wWw.x", "evil.example.", "(evil.example)", "1.2.3.4", "t.co", "a.b",
            "Dr.Smith",
            "J.R.R. Tolkien", "evil/path", "/", "a / b", "ada@evil.example", "@ada", "bücher.example", "пример.рф", "例え.テスト",
            "evil。example", "evil．example", "evil｡example", "😀.ws", "evil.\u{301}example", "evil\u{301}.example", "x1.9y",
            "evil\u{AD}.example", String(repeating: "W", count: 61), String(repeating: "e\u{301}", count: 31),
            "Ada " + String(repeating: "b", count: 200),
        ])
    func links(name: String) { #expect(GreetingName.shown(name) == "") }

    @Test("any name is shown as it is or left out, and what is shown has no link") func noise() {
        var random = SeededGenerator(seed: 12)
        for _ in 0..<20_000 {
            let name = random.text(upTo: 70, from: "aB. ./@w:-ü😀\u{301}0")
            let shown = GreetingName.shown(name)
            #expect(shown.isEmpty || shown.unicodeScalars.elementsEqual(name.unicodeScalars))
            #expect(shown.unicodeScalars.count <= 60 && !shown.contains("/") && !shown.contains("@") && !shown.contains("a.a"))
        }
    }
}
