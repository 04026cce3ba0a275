import Formats
import Web

/// A refresh token: a part that all tokens of a session share, and a secret of its own. Both are stored as hashes only.
///
/// The shared part tells a token that was used before from one that was never issued, without a record of all used ones: a
/// client that knows the part has, or had, a token of the session (decision 36).
package struct RefreshToken: Sendable, CustomStringConvertible {
    private static let familyLength = 16
    private static let secretLength = 32

    private let family: [UInt8]
    private let secret: [UInt8]

    /// The first token of a session.
    package init() { self.init(family: Self.random(Self.familyLength)) }

    private init(family: [UInt8]) {
        self.family = family
        secret = Self.random(Self.secretLength)
    }

    /// Reads what a client has sent; nil for another text.
    package init?(_ text: String) {
        guard text.utf8.count <= 128, let bytes = Base64URL.decode(text), bytes.count == Self.familyLength + Self.secretLength
        else {
            return nil
        }
        family = Array(bytes.prefix(Self.familyLength))
        secret = Array(bytes.dropFirst(Self.familyLength))
    }

    /// The next token of the same session.
    package func successor() -> RefreshToken { RefreshToken(family: family) }

    /// 64 characters of base64url.
    package var text: String { Base64URL.encode(family + secret) }
    package var familyHash: [UInt8] { SHA256.hash(family) }
    package var hash: [UInt8] { SHA256.hash(family + secret) }

    /// Hides the token, which must not reach a log by interpolation.
    package var description: String { "RefreshToken(…)" }

    private static func random(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}

/// What becomes of a refresh token that was sent (RFC 9700 section 4.14.2). The caller holds the session's lock.
package enum RefreshRules {
    /// For so long a used token may be sent once more: the response to its first use may have been lost, and two pages of a browser may
    /// refresh at the same time.
    package static let grace: Duration = .seconds(10)

    /// A token of the session, as it is stored.
    package struct StoredToken: Sendable {
        /// How long ago it was used; nil for one that was not.
        package let usedAgo: Duration?
        package let isRepeated: Bool

        package init(usedAgo: Duration?, isRepeated: Bool) {
            self.usedAgo = usedAgo
            self.isRepeated = isRepeated
        }
    }

    package enum Decision: Sendable, Equatable {
        /// A new pair is issued.
        case first
        /// A further pair is issued, once.
        case repeated
        /// Someone else has the token, or had it: the session ends.
        case reused
    }

    /// - Parameter token: nil for one that the session does not have
    package static func decide(_ token: StoredToken?) -> Decision {
        guard let token else { return .reused }
        guard let usedAgo = token.usedAgo else { return .first }
        return usedAgo <= grace && !token.isRepeated ? .repeated : .reused
    }
}
