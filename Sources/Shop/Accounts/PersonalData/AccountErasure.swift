import Events
import Formats
import FoundationEssentials
import Orders
import PostgresClient
import Web

/// Deletes an account for its person, and the person from all that stays (decision 40).
///
/// One transaction: the account is locked first, so no order, cart, address or session is made for it meanwhile, or all of it is seen.
package struct AccountErasure {
    let pool: PostgresPool
    private let sessions: SessionStore
    /// Called when events were committed.
    private let committed: () -> Void

    package init(pool: PostgresPool, sessions: SessionStore, committed: @escaping () -> Void = {}) {
        self.pool = pool
        self.sessions = sessions
        self.committed = committed
    }

    /// For so long after a sign-in, an account without a password can be deleted.
    package static let freshness: Duration = .seconds(300)

    /// How a person has shown to be the account's own.
    package enum Proof: Sendable {
        /// The stored hash that the password was compared with.
        case password(hash: String)
        /// A sign-in not long ago, of an account without a password. For the token of another issuer: when the person signed in
        /// there, in seconds since 1970.
        case freshSignIn(session: UUID, at: Int64?)
    }

    /// Deletes an account. One that is gone stays gone.
    /// - Throws: `Problem`: 403 where the proof does not hold, 409 where paid orders are under way
    package func erase(_ account: UUID, proof: Proof, traceID: String?) async throws {
        let epoch = try await RetryPolicy.transaction.run(mayRetry: { await pool.mayRetry(after: $0) }) {
            try await pool.transaction { transaction -> Int32? in
                try await erase(account, proof, traceID, in: transaction)
            }
        }
        guard let epoch else { return }
        sessions.noteEnd(of: account, epoch)
        committed()
    }

    private func erase(
        _ account: UUID, _ proof: Proof, _ traceID: String?, in transaction: PostgresTransaction
    ) async throws -> Int32? {
        let rows = try await transaction.query(
            """
            SELECT email, email_key, name, locale, password_hash FROM account WHERE id = \(account) AND disabled_at IS NULL FOR UPDATE
            """)
        guard
            let (email, key, name, locale, hash) = try rows.first?.decode((String?, String?, String?, String?, String?).self)
        else {
            _ = try await transaction.commit()
            return nil
        }
        switch proof {
        case .password(let compared): guard hash == compared else { throw Problem(.wrongPassword) }
        case .freshSignIn(let session, let time):
            guard hash == nil, try await isFresh(session, time, of: account, in: transaction) else {
                throw Problem(.signInAgain)
            }
        }
        let orders = try await OrderStore.lock(account, emailKey: key, in: transaction)
        let underWay = orders.filter(\.isUnderWay)
        guard underWay.isEmpty else {
            throw Problem(.ordersUnderWay, "Paid orders are under way: wait until they have arrived, or cancel them.")
                .with("orders", .array(underWay.map { .string($0.number) }))
        }
        try await OrderStore.cancel(
            orders.filter { $0.status == .pendingPayment }.map(\.id), reason: "the account was deleted", in: transaction)
        // Without the account, which is gone when the mail is written.
        var statements = orders.isEmpty ? [] : [OrderStore.erasing(orders.map(\.id))]
        if let email, let key {
            let notice = AccountRequest(.notice, email: email, key: key, name: name, locale: locale, traceID: traceID)
            statements += OrderStore.erasing(emailKey: key) + notice.statements(mailing: [.accountDeleted])
        }
        let results = try await transaction.commit(with: statements + [OrderStore.erasing(account: account)])
        return try results.last?.first?.decode((Int32).self)
    }

    private func isFresh(
        _ session: UUID, _ time: Int64?, of account: UUID, in transaction: PostgresTransaction
    ) async throws -> Bool {
        if let time {
            return Timestamp.now.microseconds / 1_000_000 - time <= Self.freshness.wholeMicroseconds / 1_000_000
        }
        let rows = try await transaction.query(
            """
            SELECT created_at > now() - \(Self.freshness.wholeMicroseconds) * interval '1 microsecond' FROM account_session \
            WHERE id = \(session) AND account_id = \(account)
            """)
        return try rows.first?.decode((Bool).self) ?? false
    }
}
