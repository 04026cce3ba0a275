import Formats
import FoundationEssentials
import Orders
import PostgresClient
import Web

/// What the mailer needs to know of a request: here it turns out whether an address has an account.
package struct AccountMailStore {
    let pool: PostgresPool
    let orders: OrderStore
    private let settings: AccountSettings

    package init(pool: PostgresPool, orders: OrderStore, settings: AccountSettings) {
        self.pool = pool
        self.orders = orders
        self.settings = settings
    }

    /// A request, and the account that its address has.
    package struct Request: Sendable {
        package let email: String
        package let name: String?
        package let locale: String?
        let emailKey: String
        let orderNumber: String?
        /// How many requests of its kind for the same address there were in the hour before, with this one.
        let recent: Int
        package let account: Account?

        /// The account of the request's person.
        package struct Account: Sendable {
            package let email: String
            package let name: String?
            package let locale: String?
            /// The browser or app that the person has signed in with last.
            package let device: String?
        }
    }

    /// A mail that is to be sent.
    package struct Mail: Sendable {
        /// What a mail is about.
        package enum Subject: Sendable {
            case confirmation, accountExists, passwordReset, signInLink, emailChangeOld, emailChangeNew, orderLink
            case passwordChanged, newSignIn, accountDeleted
        }

        package init(
            subject: Subject, recipient: String, name: String?, locale: String?, link: Link?, device: String?, newEmail: String
        ) {
            self.subject = subject
            self.recipient = recipient
            self.name = name
            self.locale = locale
            self.link = link
            self.device = device
            self.newEmail = newEmail
        }

        package let subject: Subject
        package let recipient: String
        package let name: String?
        package let locale: String?
        /// What the link opens; nil for a mail without a link.
        package let link: Link?
        package let device: String?
        package let newEmail: String

        package enum Link: Sendable {
            /// A page of the shop, with a token for it.
            case page(Page)
            case order(UUID)
        }

        package enum Page: String, Sendable {
            case confirm = "confirm-email"
            case reset = "reset-password"
            case signIn = "sign-in"
        }
    }

    /// The request of an event; nil for one that was erased, used or is too old.
    package func request(_ id: UUID) async throws -> Request? {
        // The times are in a FILTER, where they do not lead PostgreSQL to the index of ages: an address has few requests, and an hour
        // may have many.
        let rows = try await pool.query(
            """
            SELECT r.email, r.email_key, r.name, r.locale, r.order_number, (SELECT count(*) FILTER \
            (WHERE q.created_at > r.created_at - interval '1 hour' AND q.created_at <= r.created_at) \
            FROM account_request q WHERE q.email_key = r.email_key AND q.kind = r.kind), a.email, a.name, a.locale, \
            (SELECT s.device FROM account_session s WHERE s.account_id = a.id AND s.created_at = r.created_at LIMIT 1) \
            FROM account_request r LEFT JOIN account a ON a.disabled_at IS NULL \
            AND a.id = coalesce(r.account_id, (SELECT id FROM account WHERE email_key = r.email_key)) WHERE r.id = \(id)
            """)
        guard let row = rows.first else { return nil }
        let (email, key, name, locale, number, recent, own, ownName, ownLocale, device) = try row.decode(
            (String, String, String?, String?, String?, Int64, String?, String?, String?, String?).self)
        return Request(
            email: email, name: name, locale: locale, emailKey: key, orderNumber: number,
            recent: Int(clamping: recent),
            account: own.map { Request.Account(email: $0, name: ownName, locale: ownLocale, device: device) })
    }

    /// The mail about a request; nil where none is to be sent, since the address has no account, or
    /// has got too many.
    package func mail(_ name: AccountMailName, _ request: Request) async throws -> Mail? {
        // The shop must not become a way to fill the mailbox of another person.
        guard request.recent <= settings.mailsPerHour else { return nil }
        if name == .orderLink {
            guard let number = request.orderNumber, !number.isEmpty,
                let order = try await orders.order(number: number, emailKey: request.emailKey)
            else { return nil }
            return Mail(
                subject: .orderLink, recipient: request.email, name: request.account?.name, locale: request.locale,
                link: .order(order), device: nil, newEmail: request.email)
        }
        if name == .accountDeleted {
            // The account is gone; one that has the address by now is another.
            return Mail(
                subject: .accountDeleted, recipient: request.email, name: request.name, locale: request.locale, link: nil,
                device: nil, newEmail: request.email)
        }
        return AccountMailRules.mail(name, request)
    }

    /// Makes the token of a mail's link.
    /// - Returns: nil where the request is gone.
    package func token(for request: UUID, _ mail: Mail) async throws -> RandomToken? {
        let token = RandomToken()
        let lifetime: Duration =
            switch mail.subject {
            case .passwordReset, .signInLink: settings.linkLifetime
            default: settings.confirmationLifetime
            }
        let rows = try await pool.batch([
            """
            INSERT INTO account_token (token_hash, request_id, is_old, expires_at) SELECT \(token.hash), id, \
            \(mail.subject == .emailChangeOld), \(Timestamp.now + lifetime) FROM account_request WHERE id = \(request)
            """
        ])
        return rows.first?.affectedRows == 1 ? token : nil
    }

    /// Removes a request about which a mail was sent, and which nothing else needs.
    package func remove(_ request: UUID) async throws {
        _ = try await pool.batch(["DELETE FROM account_request WHERE id = \(request)"])
    }

    /// Removes a token that was given to no one.
    package func remove(_ token: RandomToken) async throws {
        _ = try await pool.batch(["DELETE FROM account_token WHERE token_hash = \(token.hash)"])
    }
}

/// Which mail a request leads to: a pure rule.
enum AccountMailRules {
    /// - Returns: nil where the address has no account that the mail could be about
    static func mail(_ name: AccountMailName, _ request: AccountMailStore.Request) -> AccountMailStore.Mail? {
        typealias Mail = AccountMailStore.Mail
        guard let account = request.account else {
            guard name == .registration else { return nil }
            return Mail(
                subject: .confirmation, recipient: request.email, name: request.name, locale: request.locale,
                link: .page(.confirm), device: nil, newEmail: request.email)
        }
        let (subject, link): (Mail.Subject, Mail.Link?)
        switch name {
        case .registration: (subject, link) = (.accountExists, nil)
        case .passwordReset: (subject, link) = (.passwordReset, .page(.reset))
        case .signInLink: (subject, link) = (.signInLink, .page(.signIn))
        case .emailChangeOld: (subject, link) = (.emailChangeOld, .page(.confirm))
        case .emailChangeNew: (subject, link) = (.emailChangeNew, .page(.confirm))
        case .passwordChanged: (subject, link) = (.passwordChanged, nil)
        case .newSignIn: (subject, link) = (.newSignIn, nil)
        case .orderLink, .accountDeleted: return nil
        }
        // To the address that the account has: what was typed may be spelt in another way.
        return Mail(
            subject: subject, recipient: name == .emailChangeNew ? request.email : account.email, name: account.name,
            locale: account.locale ?? request.locale, link: link, device: account.device, newEmail: request.email)
    }
}
