import HTTPServer
import TestSupport
import Testing
import WebTestSupport

@testable import Web

@Suite struct AcceptLanguageTests {
    private let languages = ["en", "de"]

    @Test(
        "the language that the client names with the greatest weight, else none",
        arguments: [
            ("de", "de"), ("DE", "de"), ("de-AT", "de"), ("de-CH-1996", "de"), ("en-GB,en;q=0.9,de;q=0.8", "en"),
            ("fr-FR, fr;q=0.9, de;q=0.5, en;q=0.4", "de"), ("en;q=0.4,de;q=0.5", "de"), ("en;q=0.5,de;q=0.5", "en"),
            ("de ; q=0.3 ,\ten;q=0.2", "de"), ("de;q=0,en", "en"), ("de-AT, de;q=0, en;q=0.1", "en"), (",,de,", "de"),
            ("de;q=1.000", "de"), ("fr, *;q=0.5", nil), ("*", nil), ("", nil), ("fr", nil), ("d", nil), ("den", nil),
            ("de;q=0", nil),
            ("de;q=2", nil), ("de;q=0.1234", nil), ("de;x=1", nil), ("de;q=1;q=1", nil), ("de_AT", nil), ("de-", nil),
            ("-de", nil),
            ("de-abcdefghi", nil), ("dé", nil), ("d e", "de"), ("\u{131}t", nil), ("\u{212A}e", nil),
        ] as [(String, String?)])
    func preferred(value: String, language: String?) {
        #expect(AcceptLanguage(value).preferred(of: languages) == language)
        #expect(
            AcceptLanguage(RequestHead(.get, "/", fields: [("Accept-Language", value)])).preferred(of: languages) == language)
    }

    @Test("several headers are one list, and what is too long is not read") func bounds() {
        func preferred(_ values: String...) -> String? {
            AcceptLanguage(RequestHead(.post, "/", fields: values.map { ("Accept-Language", $0) })).preferred(of: languages)
        }
        #expect(preferred("en;q=0.1", "de") == "de")
        #expect(preferred() == nil)
        let many = Array(repeating: "fr", count: 32).joined(separator: ",")
        #expect(preferred(many + ",de") == nil)
        #expect(preferred(String(many.dropLast(3)) + ",de") == "de")
        #expect(preferred(String(repeating: " ", count: 1_023) + "de") == nil)
        #expect(preferred("en;q=0.5", String(repeating: " ", count: 1_020) + "de") == "en")
    }

    @Test("any bytes give a language of the list or none") func noise() {
        var random = SeededGenerator(seed: 11)
        let pieces = ["de", "en", "-", ",", ";", "q=", "0", "1", ".", "*", " ", "AT", "x", "\u{E9}", "9"]
        for _ in 0..<20_000 {
            let value = (0..<Int.random(in: 0..<14, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
                .joined()
            guard let language = AcceptLanguage(value).preferred(of: languages) else { continue }
            #expect(languages.contains(language))
            #expect(value.lowercased().contains(language) || value.contains(" "))
        }
    }
}
