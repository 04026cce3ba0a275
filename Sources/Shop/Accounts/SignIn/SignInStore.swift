import Formats
import FoundationEssentials
import PostgresClient
import Web

/// What a sign-in with a password needs to know, and the failures that it leaves.
package struct SignInStore {
    let pool: PostgresPool
    private let key: AuthenticationKey

    package init(pool: PostgresPool, keys: EncryptionKeys) {
        self.pool = pool
        key = keys.authentication(for: .signIns)
    }

    /// An attempt to sign in.
    package struct Attempt: Sendable {
        /// See ``EmailAddress/key(of:)``.
        package let emailKey: String
        package let emailHash: [UInt8]
        package let client: [UInt8]
    }

    /// - Parameter client: the client's address, see `ClientKey`
    package func attempt(email key: String, client: String) -> Attempt {
        Attempt(emailKey: key, emailHash: self.key.code("email:\(key)".utf8), client: clientHash(client))
    }

    /// What is stored of a client's address.
    package func clientHash(_ client: String) -> [UInt8] { key.code("client:\(client)".utf8) }

    /// What is stored about an attempt.
    package struct State: Sendable {
        /// Nil where there is no account, or it is disabled.
        package let account: UUID?
        package let passwordHash: String?
        package let wait: Duration
        /// How many failures there were: from this client, and from all where the person has never signed in from this one.
        package let failures: Int

        /// - Throws: `Problem` (429) where the attempt comes too early
        func checkWait() throws(Problem) {
            guard wait <= .zero else {
                throw Problem(.tooManySignIns).retrying(after: Int(clamping: wait.components.seconds) + 1)
            }
        }
    }

    package func state(of attempt: Attempt) async throws -> State {
        let rows = try await pool.query(
            """
            SELECT a.id, a.password_hash, f.failures, f.age, g.failures, g.age, EXISTS (SELECT FROM account_client c \
            WHERE c.account_id = a.id AND c.client_hash = \(attempt.client)) FROM (SELECT) one \
            LEFT JOIN account a ON a.email_key = \(attempt.emailKey) AND a.disabled_at IS NULL \
            LEFT JOIN LATERAL (\(Self.failures(attempt.emailHash, attempt.client))) f ON true \
            LEFT JOIN LATERAL (\(Self.failures(attempt.emailHash, []))) g ON true
            """)
        guard let row = rows.first else { return State(account: nil, passwordHash: nil, wait: .zero, failures: 0) }
        let (account, hash, own, ownAge, all, allAge, isKnown) = try row.decode(
            (UUID?, String?, Int32?, Int64?, Int32?, Int64?, Bool).self)
        func failures(_ count: Int32?, _ age: Int64?) -> SignInThrottle.Failures? {
            guard let count, let age else { return nil }
            return SignInThrottle.Failures(count: Int(count), age: .microseconds(age))
        }
        let (client, everyone) = (failures(own, ownAge), failures(all, allAge))
        return State(
            account: account, passwordHash: hash,
            wait: SignInThrottle.wait(client: client, all: everyone, isKnown: isKnown),
            failures: SignInThrottle.failures(client: client, all: everyone, isKnown: isKnown))
    }

    private static func failures(_ email: [UInt8], _ client: [UInt8]) -> PostgresQuery {
        """
        SELECT failures, (extract(epoch FROM now() - failed_at) * 1000000)::bigint AS age FROM sign_in_failure \
        WHERE email_hash = \(email) AND client_hash = \(client)
        """
    }

    /// Counts a failure, for an address with or without an account.
    package func failed(_ attempt: Attempt) async throws {
        let memory = SignInThrottle.memory.wholeMicroseconds
        _ = try await pool.batch([
            """
            INSERT INTO sign_in_failure AS f (email_hash, client_hash, failures) \
            SELECT \(attempt.emailHash), c, 1 FROM unnest(\([[], attempt.client] as [[UInt8]])) c ORDER BY c \
            ON CONFLICT (email_hash, client_hash) DO UPDATE SET failed_at = now(), failures = CASE \
            WHEN f.failed_at < now() - \(memory) * interval '1 microsecond' THEN 1 ELSE least(f.failures, 1000000) + 1 END
            """
        ])
    }
}

extension EncryptionKeys.Purpose {
    /// For hashes of addresses and clients that tried to sign in.
    static let signIns = EncryptionKeys.Purpose("sign-ins")
}
