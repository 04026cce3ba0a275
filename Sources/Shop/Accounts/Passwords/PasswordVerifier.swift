import EventLoop
import Formats
import Passwords
import Web

/// Hashes and compares the passwords of accounts, on the threads of ``PasswordHasher``. Confined to its loop.
package struct PasswordVerifier {
    private let hasher: PasswordHasher
    private let loop: EventLoop
    /// What new hashes cost.
    private let parameters: ScryptParameters

    package init(hasher: PasswordHasher, loop: EventLoop, parameters: ScryptParameters = .current) {
        self.hasher = hasher
        self.loop = loop
        self.parameters = parameters
    }

    /// How a password compares with a stored hash.
    package struct Comparison: Sendable {
        package let matches: Bool
        /// The hash with the present parameters, where the stored one has others.
        package let better: String?
    }

    /// Compares a password. It takes as long without a stored hash as with one.
    /// - Throws: `Problem` (503) where too many passwords wait.
    package func compare(_ password: String, with stored: String?) async throws -> Comparison {
        let bytes = PasswordRules.bytes(of: password)
        let hash = stored.flatMap { PasswordHash($0) }
        let parameters = parameters
        return try await run {
            guard let hash else {
                // The same work for an account that is not there.
                _ = try PasswordHash(of: bytes, parameters)
                return Comparison(matches: false, better: nil)
            }
            guard try hash.matches(bytes) else { return Comparison(matches: false, better: nil) }
            let better = hash.parameters == parameters ? nil : try PasswordHash(of: bytes, parameters).text
            return Comparison(matches: true, better: better)
        }
    }

    /// The hash of a new password.
    /// - Throws: as ``compare(_:with:)``.
    package func hash(_ password: String) async throws -> String {
        let bytes = PasswordRules.bytes(of: password)
        let parameters = parameters
        return try await run { try PasswordHash(of: bytes, parameters).text }
    }

    private func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        do {
            return try await hasher.run(on: loop, work)
        } catch is PasswordQueueFullError {
            throw Problem(.tooManyPasswords).retrying(after: 2)
        } catch let error as PasswordHashError {
            throw Problem(.tooManyPasswords).retrying(after: 2).caused(by: error)
        }
    }
}
