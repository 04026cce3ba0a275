import Accounts
import Events

/// A mail that the shop sends. Its raw value is the name of its templates.
package enum MailKind: String, CaseIterable, Sendable {
    // To shoppers.
    case orderPlaced = "order-placed"
    case orderCancelled = "order-cancelled"
    case orderExpired = "order-expired"
    // To people with an account, or who want one.
    case emailConfirmation = "email-confirmation"
    case accountExists = "account-exists"
    case passwordReset = "password-reset"
    case signInLink = "sign-in-link"
    case emailChangeOld = "email-change-old"
    case emailChangeNew = "email-change-new"
    case orderLink = "order-link"
    case passwordChanged = "password-changed"
    case newSignIn = "new-sign-in"
    case accountDeleted = "account-deleted"
    // To the shop's operators.
    case webhookDisabled = "webhook-disabled"
    case stockLow = "stock-low"

    /// The mail about an event; nil where there is none, also for versions of a later release.
    init?(_ event: Event) {
        // Which mail about an account it is turns out only from the request.
        guard event.version == 1, event.type != EventType.accountMail.name,
            let kind = Self.allCases.first(where: { $0.eventType == event.type })
        else { return nil }
        self = kind
    }

    /// The type of the events that the mail is about.
    package var eventType: String {
        switch self {
        case .orderPlaced: "order.placed"
        case .orderCancelled: "order.cancelled"
        case .orderExpired: "order.expired"
        case .emailConfirmation, .accountExists, .passwordReset, .signInLink, .emailChangeOld, .emailChangeNew, .orderLink,
            .passwordChanged, .newSignIn, .accountDeleted:
            EventType.accountMail.name
        case .webhookDisabled: "webhook.disabled"
        case .stockLow: "stock.low"
        }
    }

    /// Whether it goes to `ALERT_EMAIL` and not to a shopper.
    package var isAlert: Bool {
        switch self {
        case .orderPlaced, .orderCancelled, .orderExpired, .emailConfirmation, .accountExists, .passwordReset, .signInLink,
            .emailChangeOld, .emailChangeNew, .orderLink, .passwordChanged, .newSignIn, .accountDeleted:
            false
        case .webhookDisabled, .stockLow: true
        }
    }

    /// The values that its templates can use.
    var shape: [String: Template.Shape] {
        switch self {
        case .orderPlaced, .orderCancelled, .orderExpired: OrderMail.shape
        case .emailConfirmation, .accountExists, .passwordReset, .signInLink, .emailChangeOld, .emailChangeNew, .orderLink,
            .passwordChanged, .newSignIn, .accountDeleted:
            accountSubject.map { AccountMail.shape($0) } ?? [:]
        case .webhookDisabled: WebhookMail.shape
        case .stockLow: StockMail.shape
        }
    }
}
