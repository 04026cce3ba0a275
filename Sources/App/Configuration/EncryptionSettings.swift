import Formats
import Web

/// The secret from which all keys of the service are derived.
package struct EncryptionSettings: Sendable {
    /// The setting that the secret comes from.
    package enum Source: Sendable, Equatable {
        case encryptionKey
        /// `ENCRYPTION_KEY` is not set. When `JWT_SECRET` rotates, data that was sealed before cannot be opened any more.
        case jwtSecret
        /// Neither is set: nothing is protected.
        case none
    }

    package let keys: EncryptionKeys
    package let source: Source
    /// `JWT_SECRET`.
    let jwtSecret: Secret?
    /// Whether the secret can be guessed: earlier releases accepted a `JWT_SECRET` of any length.
    private let isShort: Bool

    /// The least number of characters: 32 random characters of base64 are 192 bits.
    static let minimumLength = 32

    init(_ reader: inout SettingsReader) {
        let jwtSecret = reader.readSecret(
            "JWT_SECRET",
            "Secret of the access tokens; without ENCRYPTION_KEY, encryption keys are derived from it too")
        self.jwtSecret = (jwtSecret?.secret).map { Secret($0) }
        let current = reader.readSecret(
            "ENCRYPTION_KEY", format: .key,
            "At least 32 random characters, the same for all instances. It encrypts secrets in the database and signs cursors")
        let previous = reader.readSecret(
            "ENCRYPTION_KEY_PREVIOUS",
            "Previous ENCRYPTION_KEY (or JWT_SECRET, if there was none), to read what it encrypted"
        )
        if let secret = (current ?? jwtSecret)?.secret {
            keys = EncryptionKeys(secret: secret, previous: previous?.secret)
            source = current == nil ? .jwtSecret : .encryptionKey
            isShort = secret.utf8.count < Self.minimumLength
        } else {
            keys = .unprotected
            source = .none
            isShort = false
        }
    }

    /// The warning for the operator at the start; nil if the key is good.
    package var warning: String? {
        switch source {
        case .encryptionKey: nil
        case .jwtSecret where isShort:
            "ENCRYPTION_KEY is not set: keys are derived from JWT_SECRET, which has fewer than \(Self.minimumLength) characters and can be guessed, and with it the secrets of webhooks; set ENCRYPTION_KEY, and ENCRYPTION_KEY_PREVIOUS to this JWT_SECRET for a day"
        case .jwtSecret:
            "ENCRYPTION_KEY is not set: keys are derived from JWT_SECRET, so what they sealed, such as the secrets of webhooks, cannot be read once that rotates"
        case .none:
            "neither ENCRYPTION_KEY nor JWT_SECRET is set: the secrets of webhooks, kept answers, cursors and cache entries are not protected; set ENCRYPTION_KEY in production"
        }
    }
}

extension SettingFormat where Value == String {
    /// A secret from which keys are derived.
    fileprivate static var key: SettingFormat {
        text("at least \(EncryptionSettings.minimumLength) random characters") {
            $0.utf8.count >= EncryptionSettings.minimumLength
        }
    }
}
