import Events
import Formats
import FoundationEssentials
import PostgresClient

/// What someone asks for with an e-mail address. A mail to that address says the rest.
///
/// Whether the address has an account is found out only when the mail is written, after the response: the request does the same work
/// for every address, so neither its answer nor its time tells (decision 37). The row of the outbox has no address and no token.
struct AccountRequest: Sendable {
    /// As `account_request.kind` has it.
    enum Kind: String, Sendable {
        case registration
        case passwordReset = "password_reset"
        case signInLink = "sign_in_link"
        case emailChange = "email_change"
        case orderLink = "order_link"
        /// Nothing was asked for: the mail only informs the person.
        case notice
    }

    let id = UUID.v7(at: .now)
    let kind: Kind
    let email: String
    let key: String
    var name: String?
    var passwordHash: String?
    var account: UUID?
    var orderNumber: String?
    var locale: String?
    var traceID: String?

    init(
        _ kind: Kind, email: String, key: String, name: String? = nil, passwordHash: String? = nil, account: UUID? = nil,
        orderNumber: String? = nil, locale: String? = nil, traceID: String? = nil
    ) {
        self.kind = kind
        self.email = email
        self.key = key
        self.name = name
        self.passwordHash = passwordHash
        self.account = account
        self.orderNumber = orderNumber
        self.locale = locale
        self.traceID = traceID
    }

    /// Inserts the request, with an event for each mail.
    func statements(mailing mails: [AccountMailName]) -> [PostgresQuery] {
        let events = mails.enumerated().map { place, mail in
            var payload = JSONWriter(capacity: 96)
            payload.beginObject()
            payload.field("mail", mail.rawValue)
            payload.endObject()
            return OutboxEvent(
                .accountMail, of: id, sequence: place + 1, payload: payload.finish(), traceID: traceID)
        }
        return [
            """
            INSERT INTO account_request (id, kind, email, email_key, name, password_hash, account_id, order_number, locale) \
            VALUES (\(id), \(kind.rawValue), \(email), \(key), \(name as String?), \(passwordHash as String?), \(account as UUID?), \
            \(orderNumber as String?), \(locale as String?))
            """,
            Outbox.inserting(events),
        ]
    }
}

/// What a mail is about, as the event names it.
package enum AccountMailName: String, Sendable {
    case registration
    case passwordReset = "password_reset"
    case signInLink = "sign_in_link"
    /// To the present address, and to the new one.
    case emailChangeOld = "email_change_old"
    case emailChangeNew = "email_change_new"
    case orderLink = "order_link"
    case passwordChanged = "password_changed"
    case newSignIn = "new_sign_in"
    case accountDeleted = "account_deleted"
}

extension EventType {
    /// For the mailer alone: no pattern of a target matches it, and its payload tells nothing about a person.
    package static let accountMail = EventType.accountMailRequested

    package static let customerRegistered = EventType(
        "customer.registered", aggregate: "customer", schema: "Customer",
        "A person has a new account, with a confirmed e-mail address. `email` is null where the person's issuer has proven none.")
}
