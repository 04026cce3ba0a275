import Formats
import FoundationEssentials
import Web

/// A secret that an endpoint and the shop share, by which the endpoint knows that a request is the shop's (Standard Webhooks 1.0,
/// "Signature scheme").
///
/// It is shown once, when it is made.
package struct WebhookSecret: Sendable, Equatable {
    /// The key of the signatures.
    let key: [UInt8]

    /// How many bytes a key may have. The specification allows up to 512 bits.
    static let lengths = 24...64
    /// The bytes of a new key.
    static let length = 32
    private static let prefix = "whsec_"

    /// Makes a new secret, from the system's generator (getrandom(2)).
    package init() {
        var generator = SystemRandomNumberGenerator()
        key = (0..<(Self.length / 8)).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
    }

    /// Nil where a key of this length is not allowed.
    init?(key: [UInt8]) {
        guard Self.lengths.contains(key.count) else { return nil }
        self.key = key
    }

    /// The text for the endpoint's owner: `whsec_` and the key in base64. Only for showing it once.
    package func reveal() -> String { Self.prefix + Data(key).base64EncodedString() }
}

extension WebhookSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Hides the key, which must not reach a log by interpolation.
    package var description: String { "WebhookSecret(…)" }
    package var debugDescription: String { description }
    /// Hides the key from `dump` too.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// The secrets of an endpoint: the present one, and those before it which are still valid for a while.
package struct WebhookSecrets: Sendable {
    private struct Entry: Sendable {
        let secret: WebhookSecret
        /// When it ends; nil for the present one.
        let end: Timestamp?
    }

    /// The present one first.
    private var entries: [Entry]

    /// The most secrets at a time: each is a signature in every request.
    package static let most = 4

    package init(_ secret: WebhookSecret) { entries = [Entry(secret: secret, end: nil)] }

    /// Makes another secret the present one. The others stay valid until a time, or until their own end if that is earlier.
    package mutating func rotate(to secret: WebhookSecret, keepingUntil end: Timestamp, now: Timestamp = .now) {
        let kept = entries.map { Entry(secret: $0.secret, end: min($0.end ?? end, end)) }.filter { ($0.end ?? now) > now }
        entries = [Entry(secret: secret, end: nil)] + kept.prefix(Self.most - 1)
    }

    /// Those that are valid at a time, the present one first.
    package func valid(at time: Timestamp) -> [WebhookSecret] {
        entries.filter { entry in entry.end.map { $0 > time } ?? true }.map(\.secret)
    }

    /// When the last of the secrets before the present one ends; nil without any that is valid at a time.
    package func rotationEnd(at time: Timestamp) -> Timestamp? {
        entries.compactMap(\.end).filter { $0 > time }.max()
    }
}

// In the database: 1, which is the layout, and for each secret its end (8 bytes, microseconds since 1970; the greatest number for
// none), the length of its key (1 byte) and the key. All of it is sealed, for this endpoint only.

extension WebhookSecrets {
    private static let layout: UInt8 = 1

    /// The bytes for the column `event_target.secrets`.
    package func sealed(for endpoint: UUID, _ keys: EncryptionKeys) -> [UInt8] {
        var bytes = [Self.layout]
        for entry in entries {
            withUnsafeBytes(of: (entry.end?.microseconds ?? .max).bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(UInt8(truncatingIfNeeded: entry.secret.key.count))
            bytes += entry.secret.key
        }
        return keys.sealing(for: .webhookSecrets).seal(bytes, context: endpoint.bytes)
    }

    /// Nil where the bytes were sealed with other keys or for another endpoint.
    package init?(sealed: [UInt8], for endpoint: UUID, _ keys: EncryptionKeys) {
        guard let bytes = keys.sealing(for: .webhookSecrets).open(sealed, context: endpoint.bytes), bytes.first == Self.layout
        else { return nil }
        var rest = bytes.dropFirst()
        var entries: [Entry] = []
        while !rest.isEmpty {
            guard rest.count > 9 else { return nil }
            let end = rest.prefix(8).reduce(into: UInt64(0)) { $0 = $0 << 8 | UInt64($1) }
            rest = rest.dropFirst(8)
            let length = Int(rest.removeFirst())
            guard rest.count >= length, let secret = WebhookSecret(key: Array(rest.prefix(length))) else { return nil }
            rest = rest.dropFirst(length)
            let time = Int64(bitPattern: end)
            entries.append(Entry(secret: secret, end: time == .max ? nil : Timestamp(microseconds: time)))
        }
        guard !entries.isEmpty else { return nil }
        self.entries = entries
    }

    /// The bytes sealed with the current keys; nil where they are, or where they cannot be opened.
    static func resealed(_ sealed: [UInt8], for endpoint: UUID, _ keys: EncryptionKeys) -> [UInt8]? {
        keys.sealing(for: .webhookSecrets).resealed(sealed, context: endpoint.bytes)
    }
}

extension EncryptionKeys.Purpose {
    static let webhookSecrets = EncryptionKeys.Purpose("webhook secrets")
}
