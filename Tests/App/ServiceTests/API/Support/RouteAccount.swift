import Accounts
import Formats
import Foundation
import JWT
import Passwords
import TestSupport
import Web

/// An account with all that the calls about accounts need, made without a mail and without the wait for a password's hash.
struct RouteAccount: Sendable {
    let account = TestAccount("route")
    /// Its id.
    let id: String
    let session: TestSession
    /// With an access token that has expired, and with that of a session of its own, which a test ends.
    let expired: (String, String)
    let ended: (String, String)
    /// Another session of the account.
    let otherSession: String
    let address: String
    /// Tokens of mails that confirm an address, set a password and sign in.
    let confirmation = RandomToken()
    let reset = RandomToken()
    let link = RandomToken()

    var header: (String, String) { session.header }

    init(in shop: Shop) async throws {
        let (id, first, second, place) = (UUID.v7(at: .now), UUID.v7(at: .now), UUID.v7(at: .now), UUID.v7(at: .now))
        let third = UUID.v7(at: .now)
        let refresh = RefreshToken()
        let hash = try PasswordHash(of: Array(account.password.utf8), ScryptParameters(log2N: 4, r: 1, p: 1)).text
        func bytea(_ bytes: [UInt8]) -> String { "'\\x\(bytes.map { String(format: "%02x", $0) }.joined())'" }
        func session(_ session: UUID, _ token: RefreshToken) -> String {
            """
            INSERT INTO account_session (id, account_id, family_hash, expires_at) VALUES ('\(session.text)', '\(id.text)',
                \(bytea(token.familyHash)), now() + interval '1 day');
            INSERT INTO refresh_token (token_hash, session_id) VALUES (\(bytea(token.hash)), '\(session.text)');
            """
        }
        func mailed(_ kind: String, _ token: RandomToken, _ email: String) -> String {
            """
            WITH r AS (INSERT INTO account_request (id, kind, email, email_key) VALUES (gen_random_uuid(), '\(kind)', '\(email)',
                '\(email)') RETURNING id) INSERT INTO account_token (token_hash, request_id, expires_at)
                SELECT \(bytea(token.hash)), id, now() + interval '1 hour' FROM r;
            """
        }
        try await shop.execute(
            """
            INSERT INTO account (id, email, email_key, password_hash) VALUES ('\(id.text)', '\(account.email)',
                '\(account.email)', '\(hash)');
            \(session(first, refresh))\(session(second, RefreshToken()))\(session(third, RefreshToken()))
            INSERT INTO account_address (id, account_id, address) VALUES ('\(place.text)', '\(id.text)',
                '{"name":"Ada","city":"Leeds","line1":"1 Fern Row","country":"GB","postal_code":"LS1 4AP"}');
            \(mailed("registration", confirmation, "new-" + account.email))
            \(mailed("password_reset", reset, account.email))\(mailed("sign_in_link", link, account.email))
            """)
        let key = SigningKey(secret: Array(Shop.tokenSecret.utf8))
        let tokens = AccessTokens(
            keys: [key.verificationKey], signingKey: key, rules: AccessTokenRules(issuer: "commerce", audience: "commerce"),
            lifetime: .seconds(600))
        func access(_ session: UUID, at time: Timestamp = .now) -> String {
            tokens.issue(AccessTokens.Claims(principal: Principal(account: id, session: session), epoch: 0), at: time) ?? ""
        }
        self.id = id.text
        self.session = TestSession(access: access(first), refresh: refresh.text)
        expired = ("Authorization", "Bearer " + access(first, at: .now - .seconds(3_600)))
        ended = ("Authorization", "Bearer " + access(third))
        otherSession = second.text
        address = place.text
    }
}
