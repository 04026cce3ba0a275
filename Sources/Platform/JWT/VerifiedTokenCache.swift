import COpenSSL
import Synchronization

/// What verified tokens say, by the tokens' hashes, until they expire. All loops of a process share it.
///
/// It holds only what the caller has verified, so a flood of forged tokens takes no room in it. It has two halves: when the newer one
/// is full, it becomes the older one, whose entries are forgotten unless they were used in the meantime.
package final class VerifiedTokenCache<Value: Sendable>: Sendable {
    /// A token's SHA-256. The token itself is not kept: it would be of use to whom the memory is shown.
    package struct Key: Hashable, Sendable {
        private let words: (UInt64, UInt64, UInt64, UInt64)

        package init(_ token: some Collection<UInt8>) {
            var digest = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
            let hash: (UnsafeBufferPointer<UInt8>) -> Void = { bytes in
                let done = withUnsafeMutableBytes(of: &digest) { digest in
                    EVP_Digest(
                        bytes.baseAddress, bytes.count, digest.bindMemory(to: UInt8.self).baseAddress, nil, Digest.sha256, nil)
                }
                precondition(done == 1, "OpenSSL cannot compute SHA-256")
            }
            if token.withContiguousStorageIfAvailable(hash) == nil { Array(token).withUnsafeBufferPointer(hash) }
            words = digest
        }

        package static func == (left: Key, right: Key) -> Bool { left.words == right.words }

        // One word is enough: SHA-256 spreads them evenly, and only tokens that were verified get in.
        package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
    }

    private struct Entry {
        let value: Value
        /// Seconds since 1970.
        let expires: Int64
    }

    private struct Halves {
        var newer: [Key: Entry] = [:]
        var older: [Key: Entry] = [:]
    }

    private let halves = Mutex(Halves())
    private let half: Int

    /// - Parameter capacity: the most tokens; none are kept for fewer than 2
    package init(capacity: Int) { half = capacity / 2 }

    /// What a token says; nil where it is not known, or has expired.
    /// - Parameter now: seconds since 1970
    package func value(for key: Key, at now: Int64) -> Value? {
        guard half > 0 else { return nil }
        return halves.withLock { halves in
            if let entry = halves.newer[key] { return entry.expires > now ? entry.value : nil }
            guard let entry = halves.older.removeValue(forKey: key), entry.expires > now else { return nil }
            insert(entry, for: key, into: &halves)
            return entry.value
        }
    }

    /// Keeps what a token says, in place of what was kept of it before.
    /// - Parameter expires: when the token does, in seconds since 1970
    package func insert(_ value: Value, for key: Key, until expires: Int64) {
        guard half > 0 else { return }
        halves.withLock { halves in
            halves.older[key] = nil
            insert(Entry(value: value, expires: expires), for: key, into: &halves)
        }
    }

    private func insert(_ entry: Entry, for key: Key, into halves: inout Halves) {
        if halves.newer.count >= half, halves.newer[key] == nil {
            halves.older = halves.newer
            halves.newer = [:]
        }
        halves.newer[key] = entry
    }

    /// How many tokens are kept, those that have expired included.
    package var count: Int { halves.withLock { $0.newer.count + $0.older.count } }
}

private enum Digest {
    /// Fetched once: the look-up costs more than hashing a token (openssl-fetching(7)).
    // Unsafe: written once, before its first use; an EVP_MD is never changed and may be shared by threads.
    nonisolated(unsafe) static let sha256 = EVP_MD_fetch(nil, "SHA256", nil)
}
