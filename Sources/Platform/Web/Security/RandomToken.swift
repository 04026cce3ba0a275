import Formats

/// A secret that is made here, given to a client, and kept as a hash only.
package struct RandomToken: Sendable, CustomStringConvertible {
    /// Random bytes of a token; 256 bits cannot be guessed.
    package static let length = 32

    /// 43 characters of unpadded base64url; fits a header field and a URL.
    package let text: String

    /// A new one, from the system's generator (getrandom(2)).
    package init() {
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(RandomToken.length)
        while bytes.count < RandomToken.length {
            withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) }
        }
        text = Base64URL.encode(bytes)
    }

    /// What is stored for a token. A plain hash is enough: nobody can try all tokens, unlike all passwords.
    package var hash: [UInt8] { RandomToken.hash(of: text) }

    /// What would be stored for a token that a client sent.
    package static func hash(of text: String) -> [UInt8] { SHA256.hash(text.utf8) }

    /// Not the token: it must not reach a log by interpolation.
    package var description: String { "RandomToken(…)" }
}
