import COpenSSL

/// SHA-256 (FIPS 180-4), from OpenSSL.
package enum SHA256 {
    /// Bytes of a hash.
    package static let length = 32

    /// The 32 bytes of a message's hash.
    package static func hash(_ message: some Collection<UInt8>) -> [UInt8] {
        message.withContiguousStorageIfAvailable { digest(UnsafeRawBufferPointer($0)) }
            ?? Array(message).withUnsafeBytes { digest($0) }
    }

    private static func digest(_ message: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            var written: UInt32 = 0
            let done = EVP_Digest(message.baseAddress, message.count, buffer.baseAddress, &written, algorithm, nil)
            precondition(done == 1 && written == length, "OpenSSL cannot compute SHA-256")
            count = length
        }
    }

    /// Fetched once: the look-up costs more than hashing a small message (openssl-fetching(7)).
    // Unsafe: written once, before its first use; an EVP_MD is never changed and may be shared by threads.
    private nonisolated(unsafe) static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)
}

/// HMAC with SHA-256 (RFC 2104).
package enum HMACSHA256 {
    /// The block size of SHA-256, in bytes (FIPS 180-4 §1).
    private static let block = 64

    /// The 32 bytes of a message's authentication code under a key.
    ///
    /// Made of two hashes, as RFC 2104 §2 defines it: OpenSSL's own HMAC looks up its algorithms for each message, which costs
    /// several times as much as hashing a short one.
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

    /// Whether a code belongs to the message, compared in constant time.
    package static func isValid(
        _ code: some Collection<UInt8>, for message: some Collection<UInt8>, key: [UInt8]
    ) -> Bool {
        ConstantTime.equals(code, self.code(message, key: key))
    }
}

/// Comparison of secrets.
package enum ConstantTime {
    /// Whether two sequences of bytes are equal, in a time that depends only on their length: otherwise a
    /// secret could be guessed byte by byte. Lengths are no secret.
    package static func equals(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        let (left, right) = (Array(left), Array(right))
        return left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    /// Compares texts.
    package static func equals(_ left: String, _ right: String) -> Bool { equals(left.utf8, right.utf8) }
}
