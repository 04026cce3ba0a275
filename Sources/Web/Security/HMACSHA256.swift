import COpenSSL

/// HMAC with SHA-256 (RFC 2104), from OpenSSL.
package enum HMACSHA256 {
    /// The 32 bytes of a message's authentication code under a key.
    package static func code(_ message: some Collection<UInt8>, key: [UInt8]) -> [UInt8] {
        let message = Array(message)
        return [UInt8](unsafeUninitializedCapacity: SHA256.length) { buffer, count in
            var written: UInt32 = 0
            let key = key.isEmpty ? [0] : key  // The same key: shorter ones are filled up with zeros (RFC 2104 §2).
            let done = HMAC(
                EVP_sha256(), key, Int32(clamping: key.count), message, message.count, buffer.baseAddress, &written)
            precondition(done != nil && written == SHA256.length, "OpenSSL cannot compute HMAC-SHA-256")
            count = SHA256.length
        }
    }

    /// Whether a code is the message's, in a time that says nothing about where it differs.
    package static func isValid(
        _ code: some Collection<UInt8>, for message: some Collection<UInt8>, key: [UInt8]
    ) -> Bool {
        ConstantTime.equals(code, self.code(message, key: key))
    }
}
