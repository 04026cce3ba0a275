import Events
import Formats
import FoundationEssentials
import Orders
import PostgresClient
import Web

/// Accounts in PostgreSQL.
package struct AccountStore {
    let pool: PostgresPool
    let settings: AccountSettings
    package let sessions: SessionStore
    /// Called when events were committed.
    let committed: () -> Void

    package init(
        pool: PostgresPool, settings: AccountSettings, sessions: SessionStore, committed: @escaping () -> Void = {}
    ) {
        self.pool = pool
        self.settings = settings
        self.sessions = sessions
        self.committed = committed
    }

    // MARK: Reading

    private enum Column: Int, PostgresColumn {
        case id, email, name, role, locale, hasPassword, createdAt

        var sql: PostgresQuery {
            switch self {
            case .id: "a.id"
            case .email: "a.email"
            case .name: "a.name"
            case .role: "a.role"
            case .locale: "a.locale"
            case .hasPassword: "a.password_hash IS NOT NULL"
            case .createdAt: "a.created_at"
            }
        }

        static let list = selectList
    }

    /// The account; nil where it is gone.
    package func account(_ id: UUID) async throws -> Account? {
        try Self.account(try await pool.query("SELECT \(Column.list) FROM account a WHERE a.id = \(id)"))
    }

    private static func account(_ rows: PostgresRows) throws -> Account? {
        guard let row = rows.named(Column.self).first else { return nil }
        return Account(
            id: try row[.id], email: try row[.email], name: try row[.name],
            role: try row[.role, as: String?.self].flatMap { AccountRole(rawValue: $0) }, locale: try row[.locale],
            hasPassword: try row[.hasPassword], createdAt: try row[.createdAt])
    }

    /// The stored password of an account that is not disabled; nil without one.
    package func passwordHash(of account: UUID) async throws -> String? {
        let rows = try await pool.query(
            "SELECT password_hash FROM account WHERE id = \(account) AND disabled_at IS NULL")
        return try rows.first?.decode((String?).self) ?? nil
    }

    // MARK: Requests

    /// Stores a request, whose mail says the rest.
    func request(_ request: AccountRequest, mailing mails: [AccountMailName]) async throws {
        _ = try await pool.batch(request.statements(mailing: mails))
        committed()
    }

    // MARK: Changing

    /// Sets the name; nil removes it.
    package func setName(_ name: String?, of account: UUID) async throws {
        _ = try await pool.batch(["UPDATE account SET name = \(name as String?), updated_at = now() WHERE id = \(account)"])
    }

    /// Sets the password, ends all sessions and tells the person by mail.
    /// - Parameter presentHash: the stored hash that the present password was compared with
    /// - Returns: false where it was changed in the meantime.
    package func setPassword(
        _ hash: String, of account: UUID, insteadOf presentHash: String, traceID: String?
    ) async throws -> Bool {
        let epoch = try await pool.transaction { transaction -> Int32? in
            let rows = try await transaction.query(
                """
                SELECT email, email_key, locale FROM account WHERE id = \(account) AND disabled_at IS NULL \
                AND password_hash = \(presentHash) FOR UPDATE
                """)
            guard let (email, key, locale) = try rows.first?.decode((String, String, String?).self) else { return nil }
            return try await change(
                password: hash, of: account, email: email, key: key, locale: locale, traceID: traceID, in: transaction)
        }
        guard let epoch else { return false }
        sessions.noteEnd(of: account, epoch)
        committed()
        return true
    }

    /// Writes a password and what follows from it, and commits. Links that were mailed before end: they may be in wrong hands, too.
    /// - Returns: the account's new epoch.
    private func change(
        password hash: String, of account: UUID, email: String, key: String, locale: String?, traceID: String?,
        and more: [PostgresQuery] = [], in transaction: PostgresTransaction
    ) async throws -> Int32? {
        let notice = AccountRequest(
            .notice, email: email, key: key, account: account, locale: locale, traceID: traceID)
        let rows = try await transaction.commit(
            with: more + [
                "UPDATE account SET password_hash = \(hash), updated_at = now() WHERE id = \(account)",
                "DELETE FROM account_request WHERE email_key = \(key) AND kind IN ('password_reset', 'sign_in_link')",
                "DELETE FROM account_request WHERE account_id = \(account) AND kind = 'email_change'",
            ]
                + notice.statements(mailing: [.passwordChanged]) + SessionStore.endingAll(of: account))
        return try rows.last?.first?.decode((Int32).self)
    }

    // MARK: Tokens of mails

    /// What was done for a token.
    package enum Confirmation: Sendable {
        /// The address belongs to an account now.
        case confirmed
        /// The other mailbox has to answer, too.
        case waiting
    }

    /// The condition that a row of `account_token t` can be used.
    private static func isValid(_ token: String) -> PostgresQuery {
        "t.token_hash = \(RandomToken.hash(of: token)) AND t.expires_at > now()"
    }

    /// Whether a token that sets a password is still valid. It is not used up.
    package func isPasswordToken(_ token: String) async throws -> (email: String, isValid: Bool) {
        let rows = try await pool.query(
            """
            SELECT r.email FROM account_token t JOIN account_request r ON r.id = t.request_id \
            WHERE \(Self.isValid(token)) AND r.kind = 'password_reset'
            """)
        let email = try rows.first?.decode((String).self)
        return (email ?? "", email != nil)
    }

    /// Sets a password by the token of a mail, and ends all sessions.
    /// - Returns: false for a token that cannot be used.
    package func setPassword(_ hash: String, by token: String, traceID: String?) async throws -> Bool {
        let changed = try await pool.transaction { transaction -> (UUID, Int32?)? in
            let rows = try await transaction.query(
                """
                SELECT r.id, a.id, a.email, a.email_key, a.locale FROM account_token t \
                JOIN account_request r ON r.id = t.request_id JOIN account a ON a.email_key = r.email_key \
                WHERE \(Self.isValid(token)) AND r.kind = 'password_reset' AND a.disabled_at IS NULL FOR UPDATE OF r, a
                """)
            guard
                let (request, account, email, key, locale) = try rows.first?.decode(
                    (UUID, UUID, String, String, String?).self)
            else { return nil }
            let epoch = try await change(
                password: hash, of: account, email: email, key: key, locale: locale, traceID: traceID,
                and: ["DELETE FROM account_request WHERE id = \(request)"], in: transaction)
            return (account, epoch)
        }
        guard let (account, epoch) = changed else { return false }
        sessions.noteEnd(of: account, epoch)
        committed()
        return true
    }

    /// Uses up a token that signs in.
    /// - Returns: the account; nil for a token that cannot be used.
    package func account(bySignInToken token: String) async throws -> UUID? {
        let rows = try await pool.execute(
            """
            WITH r AS (DELETE FROM account_request WHERE id IN (SELECT t.request_id FROM account_token t \
            WHERE \(Self.isValid(token))) AND kind = 'sign_in_link' RETURNING email_key) \
            SELECT a.id FROM r JOIN account a ON a.email_key = r.email_key WHERE a.disabled_at IS NULL
            """)
        return try rows.first?.decode((UUID).self)
    }

    /// Confirms an address by the token of a mail: of a new account, or of a change.
    /// - Returns: nil for a token that cannot be used.
    /// - Throws: `Problem` (409) where another account has the address.
    package func confirm(_ token: String, traceID: String?) async throws -> Confirmation? {
        let done = try await pool.transaction { transaction -> (Confirmation, Bool)? in
            let rows = try await transaction.query(
                """
                SELECT r.id, r.kind, r.email, r.email_key, r.name, r.password_hash, r.account_id, r.locale, r.is_old_proven, \
                r.is_new_proven, t.is_old FROM account_token t JOIN account_request r ON r.id = t.request_id \
                WHERE \(Self.isValid(token)) AND r.kind IN ('registration', 'email_change') \
                AND NOT EXISTS (SELECT FROM account a WHERE a.id = r.account_id AND a.disabled_at IS NOT NULL) FOR UPDATE OF r
                """)
            guard let row = rows.first else { return nil }
            let request = try ConfirmedRequest(row)
            guard let account = request.account else {
                guard try await register(request, traceID: traceID, in: transaction) else { return nil }
                return (.confirmed, true)
            }
            let (isOldProven, isNewProven) = (request.isOldProven || request.isOld, request.isNewProven || !request.isOld)
            guard isOldProven, isNewProven else {
                _ = try await transaction.commit(with: [
                    """
                    UPDATE account_request SET is_old_proven = \(isOldProven), is_new_proven = \(isNewProven) \
                    WHERE id = \(request.id)
                    """
                ])
                return (.waiting, false)
            }
            let others = try await transaction.batch([
                "SELECT FROM account WHERE email_key = \(request.key) AND id <> \(account)"
            ])
            guard others.first?.isEmpty == true else { throw Problem(.emailTaken) }
            _ = try await transaction.commit(with: [
                "DELETE FROM account_request WHERE id = \(request.id)",
                """
                UPDATE account SET email = \(request.email), email_key = \(request.key), updated_at = now() \
                WHERE id = \(account)
                """,
                OrderStore.linking(emailKey: request.key, to: account),
            ])
            return (.confirmed, false)
        }
        if done?.1 == true { committed() }
        return done?.0
    }

    /// Makes an account of a registration, with the orders that a guest has placed with its address, and commits.
    /// - Returns: false where the address has an account already.
    private func register(
        _ request: ConfirmedRequest, traceID: String?, in transaction: PostgresTransaction
    ) async throws -> Bool {
        let id = UUID.v7(at: .now)
        let rows = try await transaction.batch([
            """
            INSERT INTO account AS a (id, email, email_key, name, password_hash, locale, event_sequence) VALUES (\(id), \
            \(request.email), \(request.key), \(request.name as String?), \
            \(request.passwordHash as String?), \(request.locale as String?), 1) \
            ON CONFLICT (email_key) DO NOTHING RETURNING \(Column.list)
            """,
            "DELETE FROM account_request WHERE email_key = \(request.key) AND kind = 'registration'",
        ])
        guard let account = try rows.first.flatMap({ try Self.account($0) }) else {
            _ = try await transaction.commit()
            return false
        }
        _ = try await transaction.commit(with: [
            OrderStore.linking(emailKey: request.key, to: id),
            Outbox.inserting([
                OutboxEvent(.customerRegistered, of: id, sequence: 1, payload: account.json(), traceID: traceID)
            ]),
        ])
        return true
    }

    // MARK: Cleaning up

    /// Deletes up to `limit` requests whose mail was never answered, failures of long ago, and expired tokens.
    /// - Returns: how many rows.
    package func drop(limit: Int) async throws -> Int {
        let rows = try await pool.batch([
            """
            DELETE FROM account_request WHERE id IN (SELECT id FROM account_request \
            WHERE created_at < \(Timestamp.now - settings.requestRetention) ORDER BY created_at LIMIT \(literal: limit) \
            FOR UPDATE SKIP LOCKED)
            """,
            """
            DELETE FROM sign_in_failure WHERE (email_hash, client_hash) IN (SELECT email_hash, client_hash FROM sign_in_failure \
            WHERE failed_at < now() - interval '1 day' ORDER BY failed_at LIMIT \(literal: limit) FOR UPDATE SKIP LOCKED)
            """,
        ])
        return rows.reduce(0) { max($0, $1.affectedRows) }
    }
}

/// A request whose token was sent.
private struct ConfirmedRequest {
    let id: UUID
    let email: String
    let key: String
    let name: String?
    let passwordHash: String?
    let account: UUID?
    let locale: String?
    let isOldProven: Bool
    let isNewProven: Bool
    /// Whether the token is that of the mail to the present address.
    let isOld: Bool

    init(_ row: PostgresRow) throws {
        let kind: String
        (id, kind, email, key, name, passwordHash, account, locale, isOldProven, isNewProven, isOld) = try row.decode(
            (UUID, String, String, String, String?, String?, UUID?, String?, Bool, Bool, Bool).self)
        _ = kind
    }
}
