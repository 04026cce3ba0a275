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

    /// Fetched once: looking an algorithm up costs more than hashing a small message with it (openssl-fetching(7)).
    // Unsafe: written once, before its first use; an EVP_MD is never changed and may be shared by threads.
    private nonisolated(unsafe) static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)
}
