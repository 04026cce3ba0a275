import Accounts
import EventLoop
import Events
import Formats
import FoundationEssentials
import Logging
import Orders
import Web

/// What mails need to know of the shop.
package struct MailTargetSettings: Sendable {
    package var sender: MailSender
    /// What links begin with, without a slash at its end.
    package var publicURL: String
    /// Where alerts go; nil for none.
    package var alertAddress: String?
    /// The language of mails where an order has none, and of alerts.
    package var language: MailLanguage
    package var templates: MailTemplates

    package init(
        sender: MailSender, publicURL: String, alertAddress: String?, language: MailLanguage, templates: MailTemplates
    ) {
        self.sender = sender
        self.publicURL = publicURL
        self.alertAddress = alertAddress
        self.language = language
        self.templates = templates
    }

    /// The types of events that mails are about.
    package var events: [String] {
        var types: [String] = []
        for kind in MailKind.allCases where !kind.isAlert || alertAddress != nil {
            if !types.contains(kind.eventType) { types.append(kind.eventType) }
        }
        return types
    }
}

/// Sends mails about events. Confined to its loop.
///
/// A mail is sent at least once: a repeat has the same Message-ID. The token of its link is made here and stored only as a hash, so
/// no event contains it.
package final class MailTarget: DeliveryTarget {
    private let loop: EventLoop
    private let settings: MailTargetSettings
    private let orders: OrderStore
    fileprivate let accounts: AccountMailStore
    private let transport: any MailTransport
    fileprivate let logger: Logger

    package init(
        loop: EventLoop, settings: MailTargetSettings, orders: OrderStore, accounts: AccountMailStore,
        transport: any MailTransport, logger: Logger
    ) {
        self.accounts = accounts
        self.loop = loop
        self.settings = settings
        self.orders = orders
        self.transport = transport
        self.logger = logger
    }

    /// Few mail servers allow more connections of one client.
    package var concurrency: Int { 4 }

    package func close() async { await transport.close() }

    package func deliver(_ events: [Event]) async -> [DeliveryOutcome] {
        var outcomes: [DeliveryOutcome] = []
        for event in events { outcomes.append(await deliver(event)) }
        return outcomes
    }

    private func deliver(_ event: Event) async -> DeliveryOutcome {
        let start = loop.now
        func report(status: Int? = nil, _ error: String? = nil) -> DeliveryReport {
            DeliveryReport(status: status, duration: .nanoseconds(Int64(clamping: loop.now - start)), error: error)
        }
        // A later release may know a mail about this event. This one has nothing to send.
        let kind = MailKind(event)
        guard kind != nil || event.type == EventType.accountMail.name else { return .delivered(report()) }
        do {
            guard let draft = try await draft(kind, event) else { return .delivered(report()) }
            return try await send(draft, event, report)
        } catch let refusal as Refusal {
            return .refused(report(refusal.reason))
        } catch let error as TemplateError {
            // Not an outcome of this event: a release or a setting with a better template can send it.
            logger.error("a mail cannot be written", metadata: ["event": "\(event.type)", "error": "\(error)"])
            return .failed(report("the mail cannot be written: \(error)"))
        } catch {
            // Of the database; the text of such an error may contain data.
            logger.warning("a mail could not be prepared", metadata: ["event": "\(event.type)", "error": "\(error)"])
            return .failed(report("the database could not be used"))
        }
    }

    /// The mail about an event; nil where there is nothing to send.
    private func draft(_ kind: MailKind?, _ event: Event) async throws -> Draft? {
        if let kind { return try Draft(kind, event, settings) }
        let payload = try? JSONValue.parse(event.payload)
        guard let name = payload?["mail"]?.stringValue.flatMap({ AccountMailName(rawValue: $0) }) else { return nil }
        guard let request = try await accounts.request(event.aggregate),
            let mail = try await accounts.mail(name, request)
        else { return nil }
        return try Draft(mail, settings)
    }

    /// Makes the token of the mail's link, whose hash is stored.
    /// - Throws: ``Refusal`` where the person was erased in the meantime.
    private func makeToken(_ draft: Draft, _ event: Event) async throws -> LinkToken? {
        switch draft.link {
        case .none: return nil
        case .order(let order):
            let token = RandomToken()
            guard try await orders.add(token, to: order) else { throw Refusal.erased }
            return .order(token)
        case .page:
            guard case .account(let mail) = draft.content, let token = try await accounts.token(for: event.aggregate, mail)
            else { throw Refusal.erased }
            return .account(token)
        }
    }

    /// A token, and what removes it.
    private enum LinkToken {
        case order(RandomToken)
        case account(RandomToken)

        var text: String {
            switch self {
            case .order(let token), .account(let token): token.text
            }
        }
    }

    private func remove(_ token: LinkToken) async throws {
        switch token {
        case .order(let token): try await orders.remove(token)
        case .account(let token): try await accounts.remove(token)
        }
    }

    private func send(
        _ draft: Draft, _ event: Event, _ report: (Int?, String?) -> DeliveryReport
    ) async throws -> DeliveryOutcome {
        let token = try await makeToken(draft, event)
        let message = try draft.message(event, settings, token: token?.text ?? "")
        let mail = OutgoingMail(
            id: UUID.v7(at: .now), event: event.id, sender: settings.sender.address, recipient: draft.recipient,
            subject: message.subject, message: message.bytes(at: .now))
        do {
            try await transport.send(mail)
            await forget(draft, event)
            return .delivered(report(250, nil))
        } catch {
            let text = MaskedAddress.masked(draft.recipient, in: error.message)
            guard error.isPermanent else { return .failed(report(error.status, text)) }
            await forget(draft, event)
            // A mail that was refused is in no mailbox, and so is its token.
            if let token { try? await remove(token) }
            return .refused(report(error.status, text))
        }
    }
}

extension MailTarget {
    /// A request to tell of a deletion has the last address of a person whom the shop is to forget: it goes as soon as it can.
    fileprivate func forget(_ draft: Draft, _ event: Event) async {
        guard draft.kind == .accountDeleted else { return }
        do { try await accounts.remove(event.aggregate) } catch {
            // A job removes it with the other old requests.
            logger.warning("a request could not be removed", metadata: ["error": "\(error)"])
        }
    }
}

/// Why no attempt to send a mail can succeed.
private struct Refusal: Error {
    let reason: String

    static let erased = Refusal(reason: "erased")
    static let unreadable = Refusal(reason: "the event's payload cannot be read")
    static let badAddress = Refusal(reason: "the recipient's address is not valid")
}

/// A mail before it is written.
private struct Draft {
    enum Content {
        case order(OrderMail)
        case account(AccountMailStore.Mail)
        case webhook(WebhookMail)
        case stock(StockMail)
    }

    let kind: MailKind
    let content: Content
    let recipient: String
    let language: MailLanguage

    /// What the mail's link opens.
    enum Link {
        case none
        case order(UUID)
        case page(AccountMailStore.Mail.Page)
    }

    var link: Link {
        switch content {
        case .order(let order): .order(order.id)
        case .account(let mail):
            switch mail.link {
            case .order(let id): .order(id)
            case .page(let page): .page(page)
            case nil: .none
            }
        case .webhook, .stock: .none
        }
    }

    /// A mail about an account.
    /// - Throws: ``Refusal``.
    init(_ mail: AccountMailStore.Mail, _ settings: MailTargetSettings) throws {
        kind = MailKind(mail.subject)
        content = .account(mail)
        recipient = mail.recipient
        language = mail.locale.flatMap { MailLanguage(rawValue: $0) } ?? settings.language
        guard EmailAddress.parse(recipient)?.hasSameBytes(as: recipient) == true else { throw Refusal.badAddress }
    }

    /// Nil where there is nothing to send.
    /// - Throws: ``Refusal``.
    init?(_ kind: MailKind, _ event: Event, _ settings: MailTargetSettings) throws {
        guard let payload = try? JSONValue.parse(event.payload) else { throw Refusal.unreadable }
        self.kind = kind
        switch kind {
        case .orderPlaced, .orderCancelled, .orderExpired:
            // What is left of an order whose person was erased.
            if payload["email"]?.stringValue == "" { throw Refusal.erased }
            guard let order = OrderMail(payload) else { throw Refusal.unreadable }
            content = .order(order)
            recipient = order.email
            language = order.locale.flatMap { MailLanguage(rawValue: $0) } ?? settings.language
        case .emailConfirmation, .accountExists, .passwordReset, .signInLink, .emailChangeOld, .emailChangeNew, .orderLink,
            .passwordChanged, .newSignIn, .accountDeleted:
            // These are made of a request.
            return nil
        case .webhookDisabled, .stockLow:
            guard let address = settings.alertAddress else { return nil }
            if kind == .stockLow {
                guard let stock = StockMail(payload) else { throw Refusal.unreadable }
                content = .stock(stock)
            } else {
                guard let webhook = WebhookMail(payload) else { throw Refusal.unreadable }
                content = .webhook(webhook)
            }
            recipient = address
            language = settings.language
        }
        // Events of other writers are not trusted to contain an address and nothing else.
        guard EmailAddress.parse(recipient)?.hasSameBytes(as: recipient) == true else { throw Refusal.badAddress }
    }

    func message(_ event: Event, _ settings: MailTargetSettings, token: String) throws -> MailMessage {
        let shop = settings.sender.name
        // Behind the #, so that it is sent to no server and no other page (RFC 3986 §3.5, RFC 9110 §10.1.3).
        let url =
            switch link {
            case .none: ""
            case .order(let id): "\(settings.publicURL)/orders/\(id.text)#\(token)"
            case .page(let page): "\(settings.publicURL)/account/\(page.rawValue)#\(token)"
            }
        let values =
            switch content {
            case .order(let order): order.values(shop: shop, url: url, kind, language)
            case .account(let mail): AccountMail.values(mail, shop: shop, url: url)
            case .webhook(let webhook): webhook.values(shop: shop, language)
            case .stock(let stock): stock.values(shop: shop)
            }
        let (subject, text, html) = try settings.templates.render(kind, language, values)
        return MailMessage(
            event: event.id, sender: settings.sender, recipient: recipient, language: language, subject: subject, text: text,
            html: html)
    }
}
