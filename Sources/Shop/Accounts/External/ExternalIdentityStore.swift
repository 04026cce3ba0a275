import Events
import Formats
import FoundationEssentials
import Orders
import PostgresClient
import Web

/// The people of issuers, and the accounts that are theirs.
package struct ExternalIdentityStore {
    private let pool: PostgresPool
    /// Called when events were committed.
    private let committed: () -> Void

    package init(pool: PostgresPool, committed: @escaping () -> Void = {}) {
        self.pool = pool
        self.committed = committed
    }

    /// The account of a token's person. The first token of a person makes the account, or links one that has the address.
    /// - Parameter now: nanoseconds of the monotonic clock, before the call
    /// - Returns: nil where the address is that of an account that the shop has disabled.
    func owner(of token: ExternalToken, at issuer: ExternalIssuer, now: UInt64, traceID: String?) async throws -> ExternalOwner? {
        let (name, subject) = (issuer.trusted.issuer, token.subject)
        if let known = try Self.owner(try await pool.query(Self.reading(name, subject)), now) { return known }
        let (owner, hasEvents) = try await pool.transaction { transaction -> (ExternalOwner?, Bool) in
            // One at a time makes the account of a person.
            let rows = try await transaction.batch([
                "SELECT pg_advisory_xact_lock(hashtextextended(\("external identity " + name + " " + subject), 0))",
                Self.reading(name, subject),
                """
                SELECT floor(extract(epoch FROM ended_at))::bigint FROM external_identity_end \
                WHERE identity_hash = sha256(convert_to(\(name + " " + subject), 'UTF8'))
                """,
            ])
            if let known = try Self.owner(rows[1], now) {
                _ = try await transaction.commit()
                return (known, false)
            }
            // The account was deleted, and this token is from before.
            if let ended = try rows[2].first?.decode((Int64).self), token.issuedAt <= ended {
                _ = try await transaction.commit()
                return (nil, false)
            }
            return try await make(token, issuer, now, traceID, in: transaction)
        }
        if hasEvents { committed() }
        return owner
    }

    private static func reading(_ issuer: String, _ subject: String) -> PostgresQuery {
        """
        SELECT x.session_id, a.id, a.epoch, floor(extract(epoch FROM x.ended_at))::bigint, a.disabled_at IS NOT NULL \
        FROM external_identity x JOIN account a ON a.id = x.account_id WHERE x.issuer = \(issuer) AND x.subject = \(subject)
        """
    }

    private static func owner(_ rows: PostgresRows, _ now: UInt64) throws -> ExternalOwner? {
        guard let (session, account, epoch, ended, isDisabled) = try rows.first?.decode((UUID, UUID, Int32, Int64?, Bool).self)
        else {
            return nil
        }
        return ExternalOwner(
            session: session, account: account, epoch: epoch, endedAt: ended, isDisabled: isDisabled, readAt: now)
    }

    private struct Found {
        let id: UUID
        let epoch: Int32
        let email: String
        let locale: String?
        let state: LinkingRules.Existing
    }

    /// Makes the identity, with an account where none is linked, and commits.
    private func make(
        _ token: ExternalToken, _ issuer: ExternalIssuer, _ now: UInt64, _ traceID: String?, in transaction: PostgresTransaction
    ) async throws -> (ExternalOwner?, Bool) {
        let (identity, session) = (UUID.v7(at: .now), UUID.v7(at: .now))
        func owner(_ account: UUID, _ epoch: Int32) -> ExternalOwner {
            ExternalOwner(session: session, account: account, epoch: epoch, endedAt: nil, isDisabled: false, readAt: now)
        }
        func inserting(_ account: UUID) -> PostgresQuery {
            """
            INSERT INTO external_identity (id, issuer, subject, account_id, session_id) VALUES (\(identity), \
            \(issuer.trusted.issuer), \(token.subject), \(account), \(session))
            """
        }
        var email = token.email
        // A registration that is confirmed meanwhile may take the address between the two statements: then it is found.
        for _ in 0..<3 {
            if let address = email {
                let key = EmailAddress.key(of: address)
                let found = try await existing(key, issuer.trusted.issuer, in: transaction)
                switch LinkingRules.decide(found?.state, issuer.kind) {
                case .refuse:
                    _ = try await transaction.commit()
                    return (nil, false)
                case .link:
                    guard let found else { continue }
                    let notice = AccountRequest(
                        .notice, email: found.email, key: key, account: found.id, locale: found.locale, traceID: traceID)
                    _ = try await transaction.commit(with: [inserting(found.id)] + notice.statements(mailing: [.newSignIn]))
                    return (owner(found.id, found.epoch), true)
                case .createWithoutEmail: email = nil
                case .create: break
                }
            }
            let account = Account(
                id: UUID.v7(at: .now), email: email, name: nil, role: nil, locale: nil, hasPassword: false, createdAt: .now)
            let key = email.map { EmailAddress.key(of: $0) }
            let isCustomer = issuer.kind == .customer
            let made = try await transaction.query(
                """
                INSERT INTO account (id, email, email_key, event_sequence, created_at) VALUES (\(account.id), \
                \(email as String?), \(key as String?), \(isCustomer ? 1 : 0 as Int32), \(account.createdAt)) \
                ON CONFLICT (email_key) DO NOTHING RETURNING id
                """)
            guard !made.isEmpty else { continue }
            var more = [inserting(account.id)]
            if let key { more.append(OrderStore.linking(emailKey: key, to: account.id)) }
            if isCustomer {
                more.append(
                    Outbox.inserting([
                        OutboxEvent(.customerRegistered, of: account.id, sequence: 1, payload: account.json(), traceID: traceID)
                    ]))
            }
            _ = try await transaction.commit(with: more)
            return (owner(account.id, 0), isCustomer)
        }
        throw Problem(.issuerUnavailable).retrying(after: 1)
    }

    /// The account that has an address, locked.
    private func existing(_ key: String, _ issuer: String, in transaction: PostgresTransaction) async throws -> Found? {
        // Locked first: a statement that waits for the lock does not see what was committed meanwhile.
        let rows = try await transaction.batch([
            "SELECT FROM account WHERE email_key = \(key) FOR UPDATE",
            """
            SELECT a.id, a.epoch, a.email, a.locale, a.disabled_at IS NOT NULL, a.role IS NOT NULL, EXISTS (SELECT FROM \
            external_identity x WHERE x.account_id = a.id AND x.issuer = \(issuer)) FROM account a WHERE a.email_key = \(key) \
            FOR UPDATE OF a
            """,
        ])
        guard
            let (id, epoch, email, locale, isDisabled, isStaff, hasIdentity) = try rows.last?.first?.decode(
                (UUID, Int32, String, String?, Bool, Bool, Bool).self)
        else { return nil }
        return Found(
            id: id, epoch: epoch, email: email, locale: locale,
            state: LinkingRules.Existing(isDisabled: isDisabled, isStaff: isStaff, hasIdentityOfIssuer: hasIdentity))
    }
}
