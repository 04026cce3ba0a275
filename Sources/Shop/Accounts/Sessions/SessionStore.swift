import Events
import Formats
import FoundationEssentials
import PostgresClient
import Web

/// Sessions in PostgreSQL. Every change locks the session's or the account's row first.
package struct SessionStore {
    let pool: PostgresPool
    let settings: AccountSettings
    private let ended: EndedSessions
    /// Called when events were committed.
    private let committed: () -> Void

    package init(
        pool: PostgresPool, settings: AccountSettings, ended: EndedSessions, committed: @escaping () -> Void = {}
    ) {
        self.pool = pool
        self.settings = settings
        self.ended = ended
        self.committed = committed
    }

    /// A session that was opened or used, with the token to use next.
    package struct Grant: Sendable {
        package let claims: AccessTokens.Claims
        package let refreshToken: RefreshToken
    }

    /// A sign-in whose secret was checked.
    package struct SignIn: Sendable {
        package let account: UUID
        /// The stored hash that the password was compared with: the sign-in fails if it was changed in the meantime. Nil for another
        /// kind of sign-in.
        package var passwordHash: String?
        /// The hash of the same password with the present parameters, to be stored instead; nil to keep the stored one.
        package var betterHash: String?
        package var emailHash: [UInt8]?
        package var client: [UInt8]
        package var device: String?
        package var traceID: String?

        package init(account: UUID, client: [UInt8]) {
            self.account = account
            self.client = client
        }
    }

    /// How many places an account is known to have signed in from. They are forgotten after half a year.
    private static let maximumClients = 100

    // MARK: Opening

    /// Opens a session.
    /// - Returns: nil where the account is disabled, is gone, or has got another password in the meantime.
    package func open(_ signIn: SignIn) async throws -> Grant? {
        let token = RefreshToken()
        let session = UUID.v7(at: .now)
        let expires = Timestamp.now + settings.sessionLifetime
        let failures: PostgresQuery =
            signIn.emailHash.map { "email_hash = \($0) AND client_hash = \(signIn.client)" } ?? "false"
        let better: PostgresQuery =
            signIn.betterHash.map { "UPDATE account SET password_hash = \($0) WHERE id IN (SELECT id FROM a)" }
            ?? "SELECT"
        let isUnchanged: PostgresQuery = signIn.passwordHash.map { "password_hash = \($0)" } ?? "true"
        let grant = try await pool.transaction { transaction -> (Grant?, Bool) in
            let rows = try await transaction.query(
                """
                WITH a AS MATERIALIZED (SELECT id, epoch, email, email_key, locale FROM account WHERE id = \(signIn.account) \
                AND disabled_at IS NULL AND \(isUnchanged) FOR UPDATE), \
                u AS (\(better)), \
                d AS (DELETE FROM account_session WHERE id IN (SELECT id FROM account_session WHERE account_id = \(signIn.account) \
                ORDER BY created_at DESC OFFSET \(literal: max(0, settings.maximumSessions - 1)))), \
                s AS (INSERT INTO account_session (id, account_id, family_hash, device, expires_at) \
                SELECT \(session), id, \(token.familyHash), \(signIn.device as String?), \(expires) FROM a), \
                t AS (INSERT INTO refresh_token (token_hash, session_id) SELECT \(token.hash), \(session) FROM a), \
                f AS (DELETE FROM sign_in_failure WHERE \(failures) AND EXISTS (SELECT FROM a)), \
                o AS (DELETE FROM account_client WHERE account_id = \(signIn.account) AND client_hash <> \(signIn.client) \
                AND (seen_at < now() - interval '180 days' OR client_hash IN (SELECT client_hash FROM account_client \
                WHERE account_id = \(signIn.account) AND client_hash <> \(signIn.client) ORDER BY seen_at DESC \
                OFFSET \(literal: Self.maximumClients - 1)))), \
                c AS (INSERT INTO account_client (account_id, client_hash) SELECT id, \(signIn.client) FROM a \
                ON CONFLICT (account_id, client_hash) DO UPDATE SET seen_at = now()) \
                SELECT a.epoch, a.email, a.email_key, a.locale, EXISTS (SELECT FROM account_client WHERE account_id = a.id) \
                AND NOT EXISTS (SELECT FROM account_client WHERE account_id = a.id AND client_hash = \(signIn.client)) FROM a
                """)
            guard
                let (epoch, email, key, locale, isNew) = try rows.first?.decode(
                    (Int32, String, String, String?, Bool).self)
            else { return (nil, false) }
            let claims = AccessTokens.Claims(
                principal: Principal(account: signIn.account, session: session), epoch: epoch)
            // A mail informs the person of a sign-in from where they have not signed in before.
            var mail: [PostgresQuery] = []
            if isNew {
                let notice = AccountRequest(
                    .notice, email: email, key: key, account: signIn.account, locale: locale, traceID: signIn.traceID)
                mail = notice.statements(mailing: [.newSignIn])
            }
            _ = try await transaction.commit(with: mail)
            return (Grant(claims: claims, refreshToken: token), isNew)
        }
        if grant.1 { committed() }
        return grant.0
    }

    // MARK: Refreshing

    /// Issues the next pair of tokens. Reuse of a token ends the session.
    /// - Returns: nil for a token that cannot be used.
    package func refresh(_ token: RefreshToken) async throws -> Grant? {
        try await pool.transaction { transaction in
            let rows = try await transaction.batch([
                """
                SELECT s.id, a.id, a.epoch, a.disabled_at IS NOT NULL OR s.expires_at <= now() FROM account_session s \
                JOIN account a ON a.id = s.account_id WHERE s.family_hash = \(token.familyHash) FOR UPDATE OF s
                """,
                // After the lock, so that it sees what the lock's former holder has committed.
                """
                SELECT (extract(epoch FROM clock_timestamp() - used_at) * 1000000)::bigint, is_repeated FROM refresh_token \
                WHERE token_hash = \(token.hash)
                """,
            ])
            guard let (session, account, epoch, isOver) = try rows[0].first?.decode((UUID, UUID, Int32, Bool).self) else {
                return nil
            }
            let stored = try rows[1].first.map { row in
                let (usedAgo, isRepeated) = try row.decode((Int64?, Bool).self)
                return RefreshRules.StoredToken(usedAgo: usedAgo.map { .microseconds($0) }, isRepeated: isRepeated)
            }
            let decision = isOver ? .reused : RefreshRules.decide(stored)
            guard decision != .reused else {
                _ = try await transaction.commit(with: Self.ending([session], of: account))
                ended.add([.session(session)], at: pool.loop.now)
                return nil
            }
            let next = token.successor()
            let grace = RefreshRules.grace.wholeMicroseconds
            _ = try await transaction.commit(with: [
                """
                UPDATE refresh_token SET used_at = coalesce(used_at, clock_timestamp()), is_repeated = \(decision == .repeated) \
                WHERE token_hash = \(token.hash)
                """,
                "INSERT INTO refresh_token (token_hash, session_id) VALUES (\(next.hash), \(session))",
                """
                DELETE FROM refresh_token WHERE session_id = \(session) AND used_at < clock_timestamp() \
                - \(grace) * interval '1 microsecond'
                """,
                """
                UPDATE account_session SET used_at = now(), expires_at = \(Timestamp.now + settings.sessionLifetime) \
                WHERE id = \(session)
                """,
            ])
            return Grant(
                claims: AccessTokens.Claims(principal: Principal(account: account, session: session), epoch: epoch),
                refreshToken: next)
        }
    }

    // MARK: Reading

    /// Whether a token's session is still there.
    package func isActive(_ claims: AccessTokens.Claims) async throws -> Bool {
        let rows = try await pool.query(
            """
            SELECT EXISTS (SELECT FROM account_session s JOIN account a ON a.id = s.account_id \
            WHERE s.id = \(claims.principal.session) AND a.id = \(claims.principal.account) AND a.epoch = \(claims.epoch) \
            AND a.disabled_at IS NULL)
            """)
        return try rows.first?.decode((Bool).self) ?? false
    }

    /// A session as its person sees it.
    package struct Session: Sendable {
        let id: UUID
        let device: String?
        let createdAt: Timestamp
        let usedAt: Timestamp
        let expiresAt: Timestamp
    }

    /// The sessions of an account, the newest first.
    package func sessions(of account: UUID) async throws -> [Session] {
        let rows = try await pool.query(
            """
            SELECT id, device, created_at, used_at, expires_at FROM account_session WHERE account_id = \(account) \
            AND expires_at > now() ORDER BY created_at DESC, id DESC
            """)
        return try rows.map { row in
            let (id, device, created, used, expires) = try row.decode((UUID, String?, Timestamp, Timestamp, Timestamp).self)
            return Session(id: id, device: device, createdAt: created, usedAt: used, expiresAt: expires)
        }
    }

    // MARK: Ending

    /// Ends one session of an account.
    /// - Returns: false where the account has no such session.
    package func end(_ session: UUID, of account: UUID) async throws -> Bool {
        let rows = try await pool.batch(Self.ending([session], of: account))
        let isEnded = (rows.first?.affectedRows ?? 0) > 0
        if isEnded { ended.add([.session(session)], at: pool.loop.now) }
        return isEnded
    }

    /// Ends the session of a refresh token. Does nothing where there is none.
    package func end(_ token: RefreshToken) async throws {
        let rows = try await pool.query(
            "SELECT id, account_id FROM account_session WHERE family_hash = \(token.familyHash)")
        guard let (session, account) = try rows.first?.decode((UUID, UUID).self) else { return }
        _ = try await end(session, of: account)
    }

    /// Ends all sessions of an account.
    package func endAll(of account: UUID) async throws {
        let rows = try await pool.batch(Self.endingAll(of: account))
        noteEnd(of: account, try rows.last?.first?.decode((Int32).self))
    }

    /// Notes for this process that an account has another epoch. Other processes read it from the database.
    func noteEnd(of account: UUID, _ epoch: Int32?) {
        guard let epoch else { return }
        ended.add([.account(account, epoch: epoch)], at: pool.loop.now)
    }

    /// Statements that end sessions of one account. An identity at an issuer goes on with another session, for later tokens.
    private static func ending(_ sessions: [UUID], of account: UUID) -> [PostgresQuery] {
        [
            """
            WITH d AS (DELETE FROM account_session WHERE id = ANY(\(sessions)) AND account_id = \(account) RETURNING id), \
            x AS (SELECT id, session_id FROM external_identity WHERE account_id = \(account) AND session_id = ANY(\(sessions)) \
            FOR UPDATE), \
            u AS (UPDATE external_identity SET session_id = gen_random_uuid(), ended_at = clock_timestamp() \
            WHERE id IN (SELECT id FROM x)) \
            INSERT INTO session_end (account_id, session_id) SELECT \(account), id FROM d \
            UNION ALL SELECT \(account), session_id FROM x
            """
        ]
    }

    /// Statements that end all sessions of an account. The last one returns the account's new epoch.
    static func endingAll(of account: UUID) -> [PostgresQuery] {
        [
            "SELECT FROM account WHERE id = \(account) FOR UPDATE",
            "DELETE FROM account_session WHERE account_id = \(account)",
            "UPDATE external_identity SET ended_at = clock_timestamp() WHERE account_id = \(account)",
            """
            WITH a AS (UPDATE account SET epoch = epoch + 1, updated_at = now() WHERE id = \(account) RETURNING id, epoch) \
            INSERT INTO session_end (account_id, epoch) SELECT id, epoch FROM a RETURNING epoch
            """,
        ]
    }

    // MARK: The list of ended sessions

    /// Reads what has ended since the list was read last, and some time before (``EndedSessions/window(at:)``).
    package func readEnds() async throws {
        let begun = pool.loop.now
        let since: PostgresQuery =
            ended.window(at: begun).map { "WHERE at > now() - \($0.wholeMicroseconds) * interval '1 microsecond'" } ?? ""
        let rows = try await pool.query("SELECT account_id, session_id, epoch FROM session_end \(since)")
        var entries: [EndedSessions.Entry] = []
        for row in rows {
            let (account, session, epoch) = try row.decode((UUID, UUID?, Int32?).self)
            if let session {
                entries.append(.session(session))
            } else if let epoch {
                entries.append(.account(account, epoch: epoch))
            }
        }
        ended.add(entries, read: begun, at: pool.loop.now)
    }

    // MARK: Cleaning up

    /// Deletes up to `limit` sessions that have expired, and what is no longer needed of those that ended.
    /// - Returns: how many rows.
    package func drop(limit: Int) async throws -> Int {
        let rows = try await pool.batch([
            """
            DELETE FROM account_session WHERE id IN (SELECT id FROM account_session WHERE expires_at <= now() \
            ORDER BY expires_at LIMIT \(literal: limit) FOR UPDATE SKIP LOCKED)
            """,
            """
            DELETE FROM session_end WHERE ctid = ANY(ARRAY(SELECT ctid FROM session_end WHERE at < now() - interval '1 hour' \
            ORDER BY at LIMIT \(literal: limit)))
            """,
            // No issuer's access token is valid for so long.
            """
            DELETE FROM external_identity_end WHERE identity_hash = ANY(ARRAY(SELECT identity_hash FROM external_identity_end \
            WHERE ended_at < now() - interval '7 days' ORDER BY ended_at LIMIT \(literal: limit)))
            """,
        ])
        return rows.reduce(0) { max($0, $1.affectedRows) }
    }
}
