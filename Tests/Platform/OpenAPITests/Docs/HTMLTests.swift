@testable import OpenAPI
import Formats
import Testing
import WebTestSupport

@testable import Web

@Suite struct HTMLTests {
    @Test func whatIsPutIntoMarkupIsText() {
        let odd = #"<script>alert("x" & 'y')</script>"#
        let html: HTML = "<p title=\"\(odd)\">\(odd)</p>"
        #expect(html.text.components("<script") == 0)
        #expect(html.text.components("&lt;script&gt;alert(&quot;x&quot; &amp; &#39;y&#39;)&lt;/script&gt;") == 2)
    }

    @Test func markupInMarkupStaysMarkup() {
        let inner: HTML = "<b>\("<")</b>"
        let outer: HTML = "<p>\(inner)\(3)</p>"
        #expect(outer.text == "<p><b>&lt;</b>3</p>")
        #expect(HTML.joined([inner, inner]).text == "<b>&lt;</b><b>&lt;</b>")
    }

    @Test func proseHasParagraphsAndCode() {
        #expect(HTML.paragraphs("a `b<` c\n\nd").text == "<p>a <code>b&lt;</code> c</p><p>d</p>")
        #expect(HTML.paragraphs("").text == "")
    }

    @Test func jsonIsIndentedAndEscaped() throws {
        let json = try JSONValue.parse(Array(#"{"a":"<i>","list":[1,null],"o":{"x":[{"y":true}]},"e":{}}"#.utf8))
        #expect(
            HTML.json(json).text == """
                {
                  <b>&quot;a&quot;</b>: <s>&quot;&lt;i&gt;&quot;</s>,
                  <b>&quot;list&quot;</b>: [<i>1</i>, <i>null</i>],
                  <b>&quot;o&quot;</b>: {
                    <b>&quot;x&quot;</b>: [
                      { <b>&quot;y&quot;</b>: <i>true</i> }
                    ]
                  },
                  <b>&quot;e&quot;</b>: {}
                }
                """)
    }
}
