import COpenSSL

/// The service's secret keys: one for each purpose, all derived from one configured secret (HKDF, RFC 5869). A leak of one key
/// reveals nothing about another.
///
/// During a rotation there are two secrets: the current one for everything new, and both are accepted.
package struct EncryptionKeys: Sendable {
    /// The purpose of a key. A label must never change: another label is another key.
    package struct Purpose: Sendable {
        let label: StaticString

        package init(_ label: StaticString) { self.label = label }

        fileprivate var bytes: [UInt8] { label.withUTF8Buffer { Array($0) } }
    }

    /// Pseudorandom keys (RFC 5869 §2.2) of the configured secrets, the current one first.
    private let roots: [[UInt8]]

    /// - Parameters:
    ///   - secret: the configured secret, of 256 bits or more as any text
    ///   - previous: the secret before it, which is still accepted
    package init(secret: String, previous: String? = nil) {
        roots = ([secret] + (previous.map { [$0] } ?? [])).map {
            HMACSHA256.code($0.utf8, key: Array("commerce keys".utf8))
        }
    }

    /// Keys without a secret: everything works, and nothing is protected from a reader of this source. For development.
    package static let unprotected = EncryptionKeys(secret: "")

    /// The key that proves the origin of a message.
    package func authentication(for purpose: Purpose) -> AuthenticationKey {
        AuthenticationKey(keys: roots.map { EncryptionKeys.expand($0, purpose.bytes) })
    }

    /// The key for data that only the service may read.
    package func sealing(for purpose: Purpose) -> SealingKey {
        SealingKey(keys: roots.map { EncryptionKeys.expand($0, purpose.bytes) })
    }

    /// The key for data that may be read only during a request of its owner. It is derived from the owner's secret and the
    /// service's, so neither of them is enough.
    package func sealing(for purpose: Purpose, ownedBy secret: some Collection<UInt8>) -> SealingKey {
        SealingKey(keys: roots.map { EncryptionKeys.expand(HMACSHA256.code(secret, key: $0), purpose.bytes) })
    }

    /// The first block of HKDF-Expand (RFC 5869 §2.3), which is as long as a key.
    private static func expand(_ root: [UInt8], _ label: [UInt8]) -> [UInt8] {
        HMACSHA256.code(label + [1], key: root)
    }
}

extension EncryptionKeys: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Hides the keys, which must not reach a log by interpolation.
    package var description: String { "EncryptionKeys(…)" }
    package var debugDescription: String { description }
    /// Hides the keys from `dump` too.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Proves that a message was made by this service (HMAC-SHA-256).
package struct AuthenticationKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// The current one first; at least one.
    fileprivate let keys: [[UInt8]]

    /// The 32 bytes of a message's code, under the current key.
    package func code(_ message: some Collection<UInt8>) -> [UInt8] {
        HMACSHA256.code(message, key: keys.first ?? [])
    }

    /// Whether a code, or its first bytes, belongs to the message, under the current key or the previous one. The caller chooses
    /// the length, not the sender: a code of another length is refused.
    package func isValid(_ code: some Collection<UInt8>, for message: some Collection<UInt8>, length: Int = 32) -> Bool {
        guard length > 0, code.count == length else { return false }
        return keys.contains { ConstantTime.equals(code, HMACSHA256.code(message, key: $0).prefix(length)) }
    }

    package var description: String { "AuthenticationKey(…)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Seals data so that it can be neither read nor changed without the key (AES-256-GCM, NIST SP 800-38D).
package struct SealingKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// The current one first; at least one.
    fileprivate let keys: [[UInt8]]

    /// The first byte of sealed data, which identifies its layout.
    package static let layout: UInt8 = 1
    private static let nonceLength = 12
    private static let tagLength = 16
    /// How much longer sealed data is.
    package static let overhead = 1 + nonceLength + tagLength

    /// Seals bytes under the current key: layout, nonce, ciphertext, tag.
    ///
    /// The nonce is random: 2³² messages under one key are safe (SP 800-38D §8.3).
    /// - Parameter context: the place of the data, such as the id of its row; it opens only with the same context
    package func seal(_ plain: [UInt8], context: [UInt8] = []) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        // Two calls of getrandom(2), instead of twelve for single bytes.
        let nonce = [generator.next(), generator.next()].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
        }
        .prefix(SealingKey.nonceLength).map { $0 }
        let sealed = Self.crypt(plain, key: keys.first ?? [], nonce: nonce, context: context, tag: nil)
        precondition(sealed != nil, "OpenSSL cannot encrypt with AES-256-GCM")
        return [SealingKey.layout] + nonce + (sealed ?? [])
    }

    /// Opens sealed data; nil where it was not sealed with the current or previous key, has another context, or was changed.
    package func open(_ sealed: [UInt8], context: [UInt8] = []) -> [UInt8]? { opened(sealed, context: context)?.plain }

    /// Seals again, under the current key, what the previous one has sealed. Nil where the current one has, or it does not open.
    package func resealed(_ sealed: [UInt8], context: [UInt8] = []) -> [UInt8]? {
        guard let (plain, isCurrent) = opened(sealed, context: context), !isCurrent else { return nil }
        return seal(plain, context: context)
    }

    private func opened(_ sealed: [UInt8], context: [UInt8]) -> (plain: [UInt8], isCurrent: Bool)? {
        guard sealed.count >= SealingKey.overhead, sealed.first == SealingKey.layout else { return nil }
        let nonce = Array(sealed[1..<(1 + SealingKey.nonceLength)])
        let tag = Array(sealed.suffix(SealingKey.tagLength))
        let text = Array(sealed[(1 + SealingKey.nonceLength)..<(sealed.count - SealingKey.tagLength)])
        for (index, key) in keys.enumerated() {
            if let plain = Self.crypt(text, key: key, nonce: nonce, context: context, tag: tag) { return (plain, index == 0) }
        }
        return nil
    }

    /// Fetched once: the look-up costs more than sealing a small message (openssl-fetching(7)).
    // Unsafe: written once, before its first use; an EVP_CIPHER is never changed and may be shared by threads.
    private nonisolated(unsafe) static let algorithm = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)

    /// Without a tag, encrypts and appends the tag; with one, decrypts, and returns nil where the tag does not match
    /// (EVP_EncryptInit(3), "AEAD interface").
    private static func crypt(
        _ input: [UInt8], key: [UInt8], nonce: [UInt8], context: [UInt8], tag: [UInt8]?
    ) -> [UInt8]? {
        guard key.count == 32, let count = Int32(exactly: input.count), let contextCount = Int32(exactly: context.count),
            let cipher = EVP_CIPHER_CTX_new()
        else { return nil }
        defer { EVP_CIPHER_CTX_free(cipher) }
        let isEncryption: Int32 = tag == nil ? 1 : 0
        guard EVP_CipherInit_ex(cipher, algorithm, nil, key, nonce, isEncryption) == 1 else { return nil }
        var written: Int32 = 0
        if contextCount > 0 {
            guard EVP_CipherUpdate(cipher, nil, &written, context, contextCount) == 1 else { return nil }
        }
        var isDone = true
        var output = [UInt8](unsafeUninitializedCapacity: input.count + tagLength) { buffer, filled in
            isDone = count == 0 || EVP_CipherUpdate(cipher, buffer.baseAddress, &written, input, count) == 1
            filled = isDone && count > 0 ? Int(written) : 0
        }
        guard isDone else { return nil }
        if var tag {
            guard EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, Int32(tagLength), &tag) == 1 else { return nil }
        }
        // GCM has nothing left to write here. For decryption, this compares the tag.
        var rest = [UInt8](repeating: 0, count: tagLength)
        guard EVP_CipherFinal_ex(cipher, &rest, &written) == 1 else { return nil }
        if tag == nil {
            guard EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, Int32(tagLength), &rest) == 1 else { return nil }
            output += rest
        }
        return output
    }

    package var description: String { "SealingKey(…)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
