import Formats

/// A secret that is made here, given to a client, and stored only as a hash.
package struct RandomToken: Sendable, CustomStringConvertible {
    /// Random bytes of a token; 256 bits cannot be guessed.
    package static let length = 32

    /// 43 characters of unpadded base64url, for headers and URLs.
    package let text: String

    /// Makes a token, from the system's generator (getrandom(2)).
    package init() {
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(RandomToken.length)
        while bytes.count < RandomToken.length {
            withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) }
        }
        text = Base64URL.encode(bytes)
    }

    /// The hash to store. A plain hash is enough: there are too many tokens to try, unlike passwords.
    package var hash: [UInt8] { RandomToken.hash(of: text) }

    /// The hash of a token that a client has sent.
    package static func hash(of text: String) -> [UInt8] { SHA256.hash(text.utf8) }

    /// Hides the token, which must not reach a log by interpolation.
    package var description: String { "RandomToken(…)" }
}
