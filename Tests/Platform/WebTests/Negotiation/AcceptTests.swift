import Testing

@testable import Web

@Suite struct AcceptTests {
    private static let html = "text/html"
    private static let json = "application/json"

    @Test(arguments: [
        // Browsers.
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", html),
        ("*/*", html), ("text/*", html), ("application/*", json), ("application/json", json), ("APPLICATION/JSON", json),
        // The more exact name counts; the greater weight is preferred.
        ("application/json, text/plain, */*", json), ("application/json, text/html", html),
        ("text/html;q=0.9, application/json", json),
        ("application/json;q=0.5, text/html;q=0.6", html), ("text/html;q=0, */*", json),
        ("application/json;q=0, */*;q=0.1", html),
        ("text/html;level=1;q=0.1, application/json ; q=0.2", json), ("application/json;q=0.001, text/html;q=0", json),
        ("application/json; charset=utf-8", json),
        // Malformed elements are ignored.
        (";q=1, application/json", json), ("text/html;q=2, application/json;q=0.1", json), ("text, application/json", json),
        ("", html), (",,", html),
        ("\u{0}", html),
    ])
    func theOneThatIsPreferred(field: String, type: String) {
        #expect(Accept(field).preferred(of: [Self.html, Self.json]) == type, "\(field)")
    }

    @Test(arguments: ["image/png", "text/html;q=0, application/json;q=0", "*/*;q=0"])
    func neither(field: String) {
        #expect(Accept(field).preferred(of: [Self.html, Self.json]) == nil)
    }
}
