import Compression
import HTTPServer
import Web

/// GET /account/{page}: the page that links in mails about accounts open. As with ``OrderPage``, its script reads the token from the
/// fragment of the link, and sends it once the person has pressed a button.
package struct AccountPage: Sendable {
    private let page: FixedResource

    package init(gzip: Gzip? = nil) {
        let style = EmbeddedTemplates.page("page.css")
        let script = EmbeddedTemplates.page("account.js")
        let html = EmbeddedTemplates.page("account.html").replacing("/*style*/", with: style)
            .replacing("/*script*/", with: script)
        page = FixedResource(
            Array(html.utf8), type: "text/html; charset=utf-8",
            kind: .page(policy: OrderPage.policy(style: style, script: script)), cacheControl: CachePolicy.revalidated, gzip: gzip
        )
    }

    package func addRoutes(to router: Router) {
        router.cached("/account/{page}") { context in .immediate(try page.answer(to: context)) }
    }
}
