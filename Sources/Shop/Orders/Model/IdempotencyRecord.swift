import Formats
import FoundationEssentials
import Web

/// The client to whose requests an idempotency key belongs.
package enum IdempotencyPrincipal: Sendable {
    /// A client without an account or a cart. Only the key identifies it, so the key must be random.
    case guest
    /// The holder of a cart's token.
    case cart(token: String)
    /// A person who is signed in.
    case account(UUID)

    /// Its part of a hash. For a token, the token's hash: all have the same length, and none is a secret.
    fileprivate var name: String {
        switch self {
        case .guest: "guest"
        case .cart(let token): "cart:" + Base64URL.encode(RandomToken.hash(of: token))
        case .account(let id): "account:" + id.text
        }
    }
}

/// Identifies a repeated request: by its client, its operation, its key and its body.
package struct IdempotencyRecord: Sendable {
    /// SHA-256 of principal, method, path and key.
    package let id: [UInt8]
    /// SHA-256 of the body.
    package let requestHash: [UInt8]
    /// The id under which release 1.0 stored the response to an order from a cart: its principal was always `guest`.
    let formerID: [UInt8]?
    /// The client's secrets: the key, and the cart's token where there is one.
    let secret: Secret

    /// - Parameters:
    ///   - principal: the client
    ///   - operation: method and path
    package init(principal: IdempotencyPrincipal, operation: String, key: String, body: [UInt8]) {
        id = Self.hash([principal.name, operation, key])
        switch principal {
        case .guest:
            formerID = nil
            secret = Secret(Self.joined([key]))
        case .account(let id):
            formerID = nil
            secret = Secret(Self.joined([key, id.text]))
        case .cart(let token):
            formerID = Self.hash([IdempotencyPrincipal.guest.name, operation, key])
            secret = Secret(Self.joined([key, token]))
        }
        requestHash = SHA256.hash(body)
    }

    private static func hash(_ parts: [String]) -> [UInt8] { SHA256.hash(joined(parts).utf8) }

    /// With the length of each part, so that different lists never give the same text.
    private static func joined(_ parts: [String]) -> String { parts.map { "\($0.utf8.count):\($0)" }.joined() }

    /// Its advisory lock: the first eight bytes of the id.
    var lock: Int64 {
        Int64(bitPattern: id.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}
