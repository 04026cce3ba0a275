import COpenSSL

/// Comparing secrets.
package enum ConstantTime {
    /// Whether two sequences of bytes are equal, in a time that depends on their length only: else a secret could be
    /// guessed byte by byte. Their lengths are no secret.
    package static func equals(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        let (left, right) = (Array(left), Array(right))
        return left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    /// The same for texts.
    package static func equals(_ left: String, _ right: String) -> Bool { equals(left.utf8, right.utf8) }
}
