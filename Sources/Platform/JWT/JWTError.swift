/// Why a token or a key is refused. The texts are for people who develop clients; they contain nothing of the token.
package struct JWTError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }

    static let notCompact = JWTError(
        "the token is not a signed JWT: three parts in base64url, separated by dots (RFC 7515 section 7.1)")
    static let tooLong = JWTError("the token is longer than \(JSONWebSignature.longest) bytes")
    static let wrongSignature = JWTError("the signature is wrong")
}
