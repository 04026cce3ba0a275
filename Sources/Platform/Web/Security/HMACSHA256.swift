/// HMAC with SHA-256 (RFC 2104).
package enum HMACSHA256 {
    /// What SHA-256 takes at a time, in bytes (FIPS 180-4 §1).
    private static let block = 64

    /// The 32 bytes of a message's authentication code under a key.
    ///
    /// Of two hashes, as RFC 2104 §2 defines it: OpenSSL's own HMAC looks its algorithms up for each message, which costs several
    /// times as much as hashing a short one.
    package static func code(_ message: some Collection<UInt8>, key: [UInt8]) -> [UInt8] {
        let key = key.count > block ? SHA256.hash(key) : key
        var inner = [UInt8](repeating: 0x36, count: block)
        var outer = [UInt8](repeating: 0x5c, count: block)
        for (index, byte) in key.enumerated() {
            inner[index] ^= byte
            outer[index] ^= byte
        }
        inner.append(contentsOf: message)
        outer.append(contentsOf: SHA256.hash(inner))
        return SHA256.hash(outer)
    }

    /// Whether a code is the message's, in a time that says nothing about where it differs.
    package static func isValid(
        _ code: some Collection<UInt8>, for message: some Collection<UInt8>, key: [UInt8]
    ) -> Bool {
        ConstantTime.equals(code, self.code(message, key: key))
    }
}
