import Foundation
import Money
import TestSupport
import Testing

@testable import Notifications

@Suite struct OrderPageTests {
    @Test("the page has the shop's digits of every currency, and shows amounts with no others") func digits() throws {
        let script = EmbeddedTemplates.page("order.js")
        let html = OrderPage.html(style: "", script: script)
        let start = try #require(html.firstRange(of: "<script type=\"application/json\" id=\"digits\">"))
        let end = try #require(html[start.upperBound...].firstRange(of: "</script>"))
        let digits = try JSONDecoder().decode([String: Int].self, from: Data(html[start.upperBound..<end.lowerBound].utf8))
        for currency in CurrencyCode.all { #expect(digits[currency.code] ?? 2 == currency.minorDigits, "\(currency)") }
        // Browsers have no digits after the point for the first five, and the shop has two.
        for code in ["HUF", "IDR", "COP", "PKR", "LBP", "EUR"] { #expect(digits[code] == nil) }
        #expect(digits["IQD"] == 3 && digits["JPY"] == 0 && !digits.values.contains(2))
        #expect(script.contains("minimumFractionDigits: digits, maximumFractionDigits: digits"))
        #expect(script.contains("minorDigits[currency] ?? 2") && !script.contains("resolvedOptions"))
    }

    @Test("every place of the page is filled in") func places() {
        let html = OrderPage.html(style: "STYLE", script: "SCRIPT")
        #expect(html.contains("<style>STYLE</style>") && html.contains("<script>SCRIPT</script>") && !html.contains("/*"))
    }
}
