import Formats
import FoundationEssentials
import Web

/// A person with an account, as that person sees it.
package struct Account: Sendable, Equatable {
    package let id: UUID
    /// Nil where the issuer of a person's tokens has proven none.
    package let email: String?
    package let name: String?
    /// Nil for a customer.
    package var role: AccountRole?
    /// The language of mails, as in `de`; nil where it is unknown.
    package let locale: String?
    package let hasPassword: Bool
    package let createdAt: Timestamp

    /// The account as JSON, for its person and for events.
    package func json() -> [UInt8] {
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        json.field("id", id)
        json.field("email", email)
        json.field("name", name)
        if let role { json.field("role", role.rawValue) }
        if let locale { json.field("locale", locale) }
        json.field("has_password", hasPassword)
        json.field("created_at", createdAt)
        json.endObject()
        return json.finish()
    }
}

/// What a member of the shop's staff may do. The first may do most.
package enum AccountRole: String, Sendable, CaseIterable {
    /// Everything, with the roles of others.
    case owner
    case manager, support, warehouse
}

/// Limits and times of accounts.
package struct AccountSettings: Sendable {
    /// How long a session lasts without use.
    package var sessionLifetime: Duration = .seconds(30 * 86_400)
    /// The most sessions of an account; the oldest ends for a further one.
    package var maximumSessions = 50
    /// The most addresses of an account.
    package var maximumAddresses = 50
    /// How long the link in a mail that confirms an address is valid.
    package var confirmationLifetime: Duration = .seconds(86_400)
    /// How long a link that sets a password or signs in is valid.
    package var linkLifetime: Duration = .seconds(600)
    /// The most mails of one kind to an address in an hour.
    package var mailsPerHour = 5
    /// How long requests whose mail was never answered are kept.
    package var requestRetention: Duration = .seconds(7 * 86_400)
    /// Names of the shop, which no password may be.
    package var shopName = ""

    package init() {}
}
