import COpenSSL
import Formats

/// A password as it is stored: hashed by scrypt (RFC 7914) with a salt of its own.
///
/// The text says with which parameters it was made, in the format that libraries share (Password Hashing Competition, "PHC string
/// format"): `$scrypt$ln=15,r=8,p=3$SALT$HASH`. So a release with other parameters still knows the hashes of the releases before.
package struct PasswordHash: Sendable, Equatable {
    package let parameters: ScryptParameters
    private let salt: [UInt8]
    private let hash: [UInt8]

    private static let saltLength = 16
    private static let hashLength = 32

    /// Hashes a password with a new salt. It takes the time and the memory of the parameters, so never on an event loop.
    /// - Throws: ``PasswordHashError`` where there is not enough memory.
    package init(of password: [UInt8], _ parameters: ScryptParameters = .current) throws(PasswordHashError) {
        var generator = SystemRandomNumberGenerator()
        salt = (0..<Self.saltLength).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        self.parameters = parameters
        hash = try parameters.derive(password, salt: salt, length: Self.hashLength)
    }

    /// Reads a stored text; nil for another one.
    package init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt", let parameters = ScryptParameters(parts[2]),
            let salt = Self.decode(parts[3]), let hash = Self.decode(parts[4]), hash.count == Self.hashLength, !salt.isEmpty
        else { return nil }
        self.parameters = parameters
        self.salt = salt
        self.hash = hash
    }

    /// The text to store.
    package var text: String {
        "$scrypt$\(parameters.text)$\(Self.encode(salt))$\(Self.encode(hash))"
    }

    /// Whether it is the hash of the password. It takes as long as making one.
    /// - Throws: ``PasswordHashError`` where there is not enough memory.
    package func matches(_ password: [UInt8]) throws(PasswordHashError) -> Bool {
        let other = try parameters.derive(password, salt: salt, length: hash.count)
        return CRYPTO_memcmp(hash, other, hash.count) == 0
    }

    /// Unpadded base64, as the format has it.
    private static func encode(_ bytes: [UInt8]) -> String {
        Base64URL.encode(bytes).replacing("-", with: "+").replacing("_", with: "/")
    }

    private static func decode(_ text: Substring) -> [UInt8]? {
        Base64URL.decode(String(text).replacing("+", with: "-").replacing("/", with: "_"))
    }
}

/// Hides the hash, which must not reach a log: a stolen one can be tried.
extension PasswordHash: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "PasswordHash(…)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// The cost of scrypt: it needs 128 · N · r bytes of memory, p times as much time as one pass over them.
package struct ScryptParameters: Sendable, Equatable {
    /// The binary logarithm of N.
    package let log2N: UInt64
    package let r: UInt64
    package let p: UInt64

    /// What new hashes have: 32 MiB, in three passes. It is one of the equivalent choices of the OWASP Password Storage Cheat Sheet, and
    /// the one that fits into a container of 256 MiB (decision 35).
    package static let current = ScryptParameters(log2N: 15, r: 8, p: 3)

    package init(log2N: UInt64, r: UInt64, p: UInt64) {
        self.log2N = log2N
        self.r = r
        self.p = p
    }

    /// Reads `ln=15,r=8,p=3`; nil for another text, and for a cost that no release has used.
    init?(_ text: Substring) {
        var values: [UInt64] = []
        for (part, name) in zip(text.split(separator: ",", omittingEmptySubsequences: false), ["ln=", "r=", "p="]) {
            guard part.hasPrefix(name), let value = UInt64(part.dropFirst(name.count)) else { return nil }
            values.append(value)
        }
        guard values.count == 3, (1...17).contains(values[0]), (1...16).contains(values[1]), (1...16).contains(values[2]),
            "ln=\(values[0]),r=\(values[1]),p=\(values[2])" == text
        else { return nil }
        self.init(log2N: values[0], r: values[1], p: values[2])
    }

    var text: String { "ln=\(log2N),r=\(r),p=\(p)" }

    /// Bytes that a computation may use: what it needs, and some for the blocks of its p passes.
    private var maximumMemory: UInt64 { 128 * r * (1 << log2N) + 128 * r * (p + 2) + (1 << 20) }

    func derive(_ password: [UInt8], salt: [UInt8], length: Int) throws(PasswordHashError) -> [UInt8] {
        // What OpenSSL notes about a failure stays on the thread.
        defer { ERR_clear_error() }
        var derived = [UInt8](repeating: 0, count: length)
        let done = password.withUnsafeBytes { bytes in
            EVP_PBE_scrypt(
                bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count, salt, salt.count, 1 << log2N, r, p,
                maximumMemory, &derived, length)
        }
        guard done == 1 else { throw PasswordHashError() }
        return derived
    }
}

/// There was not enough memory for a hash.
package struct PasswordHashError: Error, CustomStringConvertible {
    package var description: String { "a password could not be hashed: there is not enough memory" }
}
