import TestSupport
import Testing

@testable import Notifications

@Suite struct TemplateTests {
    private let shape: [String: Template.Shape] = [
        "name": .text, "note": .text, "isNew": .flag,
        "items": .list(["name": .text, "sku": .text, "parts": .list(["part": .text])]),
    ]

    private func render(
        _ source: String, _ values: TemplateValues, _ format: Template.Format = .text, partials: [String: String] = [:]
    ) throws -> String {
        try Template(source, format, shape: shape, partials: partials).render(values)
    }

    private let values: TemplateValues = [
        "name": .text("Ada"), "note": .text(""), "isNew": .flag(true),
        "items": .list([
            ["name": .text("Mug"), "sku": .text("M"), "parts": .list([["part": .text("lid")], ["part": .text("cup")]])],
            ["name": .text("Pan"), "sku": .text("P"), "parts": .list([])],
        ]),
    ]

    @Test(
        "tags are replaced as Mustache does",
        arguments: [
            ("Hello {{name}}!", "Hello Ada!"), ("{{ name\t}}", "Ada"), ("{{! a comment }}x", "x"), ("", ""), ("{name}", "{name}"),
            ("a } b }} c", "a } b }} c"), ("{{#isNew}}new{{/isNew}}{{^isNew}}old{{/isNew}}", "new"),
            ("{{#note}}({{note}}){{/note}}{{^note}}none{{/note}}", "none"), ("{{#name}}<{{name}}>{{/name}}", "<Ada>"),
            ("{{#items}}{{name}} {{/items}}", "Mug Pan "),
            ("{{#items}}{{sku}}{{#parts}}-{{part}}{{/parts}};{{/items}}", "M-lid-cup;P;"),
            ("{{#items}}{{#parts}}{{part}} of {{name}},{{/parts}}{{/items}}", "lid of Mug,cup of Mug,"),
            ("{{#items}}{{^parts}}{{name}} alone{{/parts}}{{/items}}", "Pan alone"),
            // Lines with a tag alone leave nothing.
            ("a\n{{#items}}\n- {{name}}\n{{/items}}\nb\n", "a\n- Mug\n- Pan\nb\n"), ("{{#isNew}}\nx\n{{/isNew}}", "x\n"),
            ("  {{#isNew}}  \n  x\n\t{{/isNew}}\t\ny", "  x\ny"), ("{{! only }}\n", ""), ("a\n{{! only }}\nb", "a\nb"),
            ("{{#isNew}} x\n{{/isNew}}\n", " x\n"), ("x {{#isNew}}\ny{{/isNew}}\n", "x \ny\n"), ("{{name}}\n", "Ada\n"),
            ("{{#isNew}}\r\nx\r\n{{/isNew}}\r\n", "x\r\n"), ("{{> greeting}}\nb", "Hello Ada,\nb"),
            ("a {{> greeting}}", "a Hello Ada,\n"),
            ("{{#items}}\n{{> item}}\n{{/items}}\n", "* Mug (M)\n* Pan (P)\n"),
        ])
    func rendered(source: String, text: String) throws {
        let partials = ["greeting": "Hello {{name}},\n", "item": "* {{name}} ({{sku}})\n"]
        #expect(try render(source, values, partials: partials) == text)
    }

    @Test(
        "a faulty template is refused with its line",
        arguments: [
            ("a\n{{nme}}", "line 2: there is no value \"nme\"; there are isNew, items, name, note"),
            (
                "{{#items}}{{skus}}{{/items}}",
                "line 1: there is no value \"skus\"; there are isNew, items, name, note, parts, sku"
            ),
            ("{{sku}}", "line 1: there is no value \"sku\"; there are isNew, items, name, note"),
            ("\n\n{{name", "line 3: {{ has no }}"), ("{{#name}}\n{{/nam}}", "line 2: {{/nam}} closes no section"),
            ("{{#isNew}}", "line 1: {{#isNew}} is not closed"), ("{{/name}}", "line 1: {{/name}} closes no section"),
            ("{{isNew}}", "line 1: {{isNew}} is not a text: use {{#isNew}} … {{/isNew}}"),
            ("{{{name}}}", "line 1: values are always escaped: write {{name}}"),
            ("{{&name}}", "line 1: {{&name}} is not supported"),
            ("{{=<% %>=}}", "line 1: {{=<% %>=}} is not supported"), ("{{na\nme}}", "line 1: a tag must stand on one line"),
            ("{{}}", "line 1: there is no value \"\"; there are isNew, items, name, note"),
            ("{{> none}}", "line 1: there is no template none to include"),
            ("{{> self}}", "line 1: self includes another template"),
            ("{{> bad}}", "bad, line 2: there is no value \"x\"; there are isNew, items, name, note"),
            ("{{#items}}\n{{> open}}\n{{/items}}", "open, line 1: {{/items}} closes no section"),
        ])
    func faults(source: String, fault: String) {
        let partials = ["self": "{{> self}}", "bad": "\n{{x}}", "open": "{{/items}}"]
        #expect {
            try Template(source, .text, shape: shape, partials: partials)
        } throws: { ($0 as? TemplateError)?.description == fault }
    }

    @Test("depth, length and output are bounded") func bounds() throws {
        let deep = String(repeating: "{{#isNew}}", count: 8) + "x" + String(repeating: "{{/isNew}}", count: 8)
        #expect(try render(deep, values) == "x")
        #expect(throws: TemplateError.self) { try render("{{#isNew}}" + deep + "{{/isNew}}", values) }
        #expect(throws: TemplateError.self) { try render(String(repeating: "x", count: Template.longest + 1), values) }
        // Included again and again.
        let half = String(repeating: "x", count: Template.longest / 2)
        #expect(try render("{{> a}}{{> a}}", values, partials: ["a": half]).utf8.count == Template.longest)
        #expect(throws: TemplateError.self) { try render("{{> a}}{{> a}}{{> a}}", values, partials: ["a": half]) }
        var long = values
        long["name"] = .text(String(repeating: "&", count: 20))
        let template = try Template("{{name}}", .html, shape: shape)
        #expect(try template.render(long, longest: 100).utf8.count == 100)
        #expect(throws: TemplateError.self) { try template.render(long, longest: 99) }
        #expect(throws: TemplateError.self) { try render("{{name}}", [:]) }
    }

    @Test("any template is read or refused, and what is read renders") func noise() {
        var random = SeededGenerator(seed: 3)
        let pieces = [
            "{{", "}}", "{{#items}}", "{{/items}}", "{{^note}}", "{{/note}}", "{{name}}", "{{sku}}", "{{!", "{{>p}}", "\n", " ",
            "x", "{", "}",
            "\u{301}", "\r\n", "{{#isNew}}", "{{/isNew}}", "{{#parts}}", "{{part}}", "{{/parts}}",
        ]
        var rendered = 0
        for _ in 0..<50_000 {
            let source = (0..<Int.random(in: 0..<12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
                .joined()
            guard let template = try? Template(source, .html, shape: shape, partials: ["p": "{{name}}"]) else { continue }
            #expect(throws: Never.self) { try template.render(values) }
            rendered += 1
        }
        #expect(rendered > 5_000)
    }

    @Test("a value in HTML is text, whatever it is, and stays on its line") func escaping() throws {
        var random = SeededGenerator(seed: 5)
        let template = try Template("<p title=\"{{name}}\">{{name}}</p>", .html, shape: shape)
        for _ in 0..<20_000 {
            let value = random.text(upTo: 12) + (random.next() % 3 == 0 ? "<script>\"'&{{name}}" : "")
            let html = try template.render(["name": .text(value)])
            let escaped = TemplateText.escaped(value)
            #expect(html == "<p title=\"\(escaped)\">\(escaped)</p>")
            #expect(!escaped.unicodeScalars.contains { "<>\"'".unicodeScalars.contains($0) || $0.value < 0x20 })
            // Each & begins one of the five references, and reading them gives the text again.
            var read = Array(escaped.utf8)
            for (reference, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")] {
                read = read.replacing(Array(reference.utf8), with: Array(character.utf8))
            }
            #expect(read == Array(TemplateText.plain(value).utf8))
        }
        // A combining mark does not hide a character of markup.
        #expect(TemplateText.escaped("<\u{301}>\u{20E3}\"\u{200D}") == "&lt;\u{301}&gt;\u{20E3}&quot;\u{200D}")
    }

    @Test(
        "controls and changes of direction are taken out of values, letters of all scripts stay",
        arguments: [
            ("a\r\nb\tc\u{0}", "a  b c "), ("\u{202E}evil\u{2066}", "evil"), ("\u{85}\u{2028}\u{2029}\u{7F}", "    "),
            ("שלום", "שלום"), ("😀 é ẞ", "😀 é ẞ"), ("\u{200E}x", "\u{200E}x"), ("", ""),
        ])
    func plain(value: String, text: String) { #expect(TemplateText.plain(value) == text) }
}
