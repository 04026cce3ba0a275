import Formats
import FoundationEssentials
import HTTPServer
import HTTPTypes
import Web

/// The mailbox page of a developer's machine: what would have been sent. It shows everyone everything, so it exists only with
/// `MAILBOX=on`, and the API document does not contain it.
package struct MailboxRoutes {
    private let store: MailboxStore
    private let list: Template
    private let mail: Template
    private let style = Array(EmbeddedTemplates.page("page.css").utf8)

    /// - Throws: ``TemplateError`` where the program's own templates are wrong, which a test excludes.
    package init(store: MailboxStore) throws(TemplateError) {
        self.store = store
        list = try Template(
            EmbeddedTemplates.page("mailbox.html"), .html,
            shape: [
                "mails": .list([
                    "id": .text, "time": .text, "recipient": .text, "subject": .text, "isFirst": .flag, "isLast": .flag,
                ])
            ])
        mail = try Template(
            EmbeddedTemplates.page("mailbox-mail.html"), .html,
            shape: [
                "id": .text, "time": .text, "recipient": .text, "subject": .text, "lines": .list(["line": .text]),
                "source": .list(["line": .text]),
            ])
    }

    package func register(on router: Router) {
        router.get("/dev/mail", .open(to: .everyone)) { _ in
            let entries = try await store.list()
            let rows = entries.enumerated().map { place, entry in
                values(entry).merging(["isFirst": .flag(place == 0), "isLast": .flag(place == entries.count - 1)]) { $1 }
            }
            return page(try list.render(["mails": .list(rows)]))
        }
        router.get("/dev/mail/page.css", .open(to: .everyone)) { _ in
            Response(
                .ok, headers: HeaderBlock([(.contentType, "text/css; charset=utf-8"), (.cacheControl, "no-store")]), body: style)
        }
        router.get("/dev/mail/{mail}", .open(to: .everyone)) { context in
            let entry = try await entry(context)
            let parts = MailParts(entry.message)
            let source = String(decoding: entry.message, as: UTF8.self)
            var values = values(entry)
            values["lines"] = lines(parts.text)
            values["source"] = lines(source)
            return page(try mail.render(values))
        }
        router.get("/dev/mail/{mail}/html", .open(to: .everyone)) { context in
            // Links of the mail open in a window of their own.
            let html = MailParts(try await entry(context).message).html.replacing(
                "<head>", with: "<head><base target=\"_blank\">", maxReplacements: 1)
            // Like the frame's attribute, for a mail that is opened by itself: no scripts, no forms, no origin (CSP3 §6.3.2).
            return page(
                html,
                policy:
                    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; "
                    + "sandbox allow-popups allow-popups-to-escape-sandbox", frame: "SAMEORIGIN")
        }
    }

    private func entry(_ context: RequestContext) async throws -> MailboxStore.Entry {
        guard let id = context.parameters.uuid("mail"), let entry = try await store.entry(id) else {
            throw Problem.notFound("There is no such mail.")
        }
        return entry
    }

    private func values(_ entry: MailboxStore.Entry) -> TemplateValues {
        [
            "id": .text(entry.id.text), "recipient": .text(entry.recipient), "subject": .text(entry.subject),
            "time": .text(String(entry.at.description.prefix(19)).replacing("T", with: " ")),
        ]
    }

    private func lines(_ text: String) -> TemplateValue {
        .list(text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { ["line": .text(String($0))] })
    }

    private func page(
        _ html: String,
        policy: String = "default-src 'none'; style-src 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
            + "form-action 'none'", frame: String = "DENY"
    ) -> Response {
        Response(
            .ok,
            headers: HeaderBlock([
                (.contentType, "text/html; charset=utf-8"), (.cacheControl, CachePolicy.notStored),
                (.contentSecurityPolicy, policy),
                (.xFrameOptions, frame), (.xRobotsTag, "noindex"),
            ]), body: Array(html.utf8))
    }
}

extension HTTPField.Name {
    /// What search engines may do with a response.
    fileprivate static let xRobotsTag = constant("X-Robots-Tag")
}
