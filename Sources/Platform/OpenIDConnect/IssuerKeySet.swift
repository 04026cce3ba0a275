import Formats
import JWT

/// The public keys of an issuer (RFC 7517 section 5).
package struct IssuerKeySet: Sendable {
    /// The most keys that are read. Issuers have two or three.
    static let mostKeys = 64

    /// The keys that can verify RS256 or ES256.
    let keys: [JSONWebKey]
    /// The same as they were read, to see whether the set has changed.
    let documents: [JSONValue]

    /// Reads a key set. Keys of other kinds, for other uses, or too weak ones are left out, as section 5 demands.
    /// - Throws: ``JWTError`` for another document, or one without a key that can be used.
    package init(_ bytes: [UInt8]) throws(JWTError) {
        let document: JSONValue
        do { document = try JSONValue.parse(bytes, maximumDepth: 8) } catch {
            throw JWTError("the key set is not valid JSON: \(error)")
        }
        guard let members = document["keys"]?.arrayValue else { throw JWTError("the key set has no array \"keys\"") }
        var keys: [JSONWebKey] = []
        var documents: [JSONValue] = []
        for member in members.prefix(Self.mostKeys) {
            guard let key = try? JSONWebKey(member), Self.isUsable(key) else { continue }
            keys.append(key)
            documents.append(member)
        }
        guard !keys.isEmpty else { throw JWTError("the key set has no key for RS256 or ES256 that can be used") }
        self.keys = keys
        self.documents = documents
    }

    private static func isUsable(_ key: JSONWebKey) -> Bool {
        switch key.kind {
        case .rsa: key.algorithm == nil || key.algorithm == .rs256
        case .curve(.p256): key.algorithm == nil || key.algorithm == .es256
        default: false
        }
    }

    /// The keys that a token may be signed with.
    /// - Returns: nil where the set may be out of date: it has no key with the token's `kid`. A token without one needs a set with a
    ///   single key of its kind, so that it cannot cost more than one verification.
    package func candidates(for header: JSONWebSignature.Header) -> [JSONWebKey]? {
        let fitting = keys.filter { $0.kind == header.algorithm.keyKind }
        guard let id = header.keyID else { return fitting.count == 1 ? fitting : [] }
        let named = fitting.filter { $0.keyID?.hasSameBytes(as: id) == true }
        return named.isEmpty ? nil : Array(named.prefix(2))
    }
}
