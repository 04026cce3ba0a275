import Compression
import Formats
import HTTPServer
import Money
import Web

/// GET /orders/{order}: the page that links in mails open. It is the same page for every order: its script reads the order's token
/// from the fragment of the link, which browsers send to no server, and asks the API for the order.
package struct OrderPage: Sendable {
    private let page: FixedResource

    package init(gzip: Gzip? = nil) {
        let style = EmbeddedTemplates.page("page.css")
        let script = EmbeddedTemplates.page("order.js")
        page = FixedResource(
            Array(Self.html(style: style, script: script).utf8), type: "text/html; charset=utf-8",
            kind: .page(policy: Self.policy(style: style, script: script)), cacheControl: CachePolicy.revalidated, gzip: gzip)
    }

    static func html(style: String, script: String) -> String {
        EmbeddedTemplates.page("order.html").replacing("/*style*/", with: style).replacing("/*script*/", with: script)
            .replacing("/*digits*/", with: digits)
    }

    /// The digits of the minor units of the currencies that have other than 2, as JSON. Browsers have digits of their own (Unicode
    /// CLDR), which are those of prices in shops: for some currencies, such as the Hungarian forint, they differ from ISO 4217.
    private static var digits: String {
        let others = CurrencyCode.all.filter { $0.minorDigits != 2 }
        return "{" + others.map { "\"\($0.code)\":\($0.minorDigits)" }.joined(separator: ",") + "}"
    }

    package func addRoutes(to router: Router) {
        router.cached("/orders/{order}") { context in .immediate(try page.answer(to: context)) }
    }

    /// Only this style and this script have an effect, and the script reaches only this origin (CSP3 §2.3.1, §6.1).
    static func policy(style: String, script: String) -> String {
        func source(_ text: String) -> String { "'sha256-\(Base64.encode(SHA256.hash(text.utf8)))'" }
        return "default-src 'none'; script-src \(source(script)); style-src \(source(style)); connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }
}
