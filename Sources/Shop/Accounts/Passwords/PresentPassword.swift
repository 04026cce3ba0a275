import EventLoop
import Formats
import FoundationEssentials
import Orders
import Web

/// Compares the password that a signed-in person types with that of the account.
///
/// Failures count like failed sign-ins: a thief of an access token must not find the password out.
struct PresentPassword {
    let store: AccountStore
    let signIns: SignInStore
    let passwords: PasswordVerifier

    /// - Returns: the stored hash that the password was compared with
    /// - Throws: `Problem`: 403 for another password, or an account without one; 429 after too many failures
    func check(_ password: String, of account: Account, _ context: RequestContext) async throws -> String {
        guard account.hasPassword else { throw Problem(.wrongPassword) }
        let key = account.email.map { EmailAddress.key(of: $0) } ?? account.id.text
        let attempt = signIns.attempt(email: key, client: ClientKey.of(context.clientAddress))
        try await signIns.state(of: attempt).checkWait()
        let stored = try await store.passwordHash(of: account.id)
        guard try await passwords.compare(password, with: stored).matches, let stored else {
            try await signIns.failed(attempt)
            throw Problem(.wrongPassword)
        }
        return stored
    }
}
