import Formats
import Web

/// Among whose requests a key tells one from another.
package enum IdempotencyPrincipal: Sendable {
    /// Someone without an account or a cart: the key alone tells who asks, and so it must be random.
    case guest
    /// The holder of a cart's token.
    case cart(token: String)

    /// What stands for it in a hash. A token's own hash: the same length as any other, and no secret.
    fileprivate var name: String {
        switch self {
        case .guest: "guest"
        case .cart(let token): "cart:" + Base64URL.encode(RandomToken.hash(of: token))
        }
    }
}

/// What makes a repeated request recognisable: who asks what, under which key, with which body.
package struct IdempotencyRecord: Sendable {
    /// SHA-256 of principal, method, path and key.
    package let id: [UInt8]
    /// SHA-256 of the body.
    package let requestHash: [UInt8]
    /// Under which release 1.0 keeps the answer, where that is another: to it, every cart's holder was a guest.
    let formerID: [UInt8]?
    /// What only the caller has: the key, and the cart's token where there is one.
    let secret: Secret

    /// - Parameters:
    ///   - principal: who asks
    ///   - operation: method and path
    package init(principal: IdempotencyPrincipal, operation: String, key: String, body: [UInt8]) {
        id = Self.hash([principal.name, operation, key])
        switch principal {
        case .guest:
            formerID = nil
            secret = Secret(Self.joined([key]))
        case .cart(let token):
            formerID = Self.hash([IdempotencyPrincipal.guest.name, operation, key])
            secret = Secret(Self.joined([key, token]))
        }
        requestHash = SHA256.hash(body)
    }

    private static func hash(_ parts: [String]) -> [UInt8] { SHA256.hash(joined(parts).utf8) }

    /// Lengths in front, so that no two lists run into the same text.
    private static func joined(_ parts: [String]) -> String { parts.map { "\($0.utf8.count):\($0)" }.joined() }

    /// The advisory lock that stands for it: the first eight bytes.
    var lock: Int64 {
        Int64(bitPattern: id.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}
