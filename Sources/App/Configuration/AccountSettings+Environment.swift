import Accounts
import Passwords
import Web

/// Accounts, and the threads that hash their passwords.
package struct AccountConfiguration: Sendable {
    package let settings: AccountSettings
    package let passwords: PasswordHasherSettings
    package let challenge: ChallengeSettings

    init(_ reader: inout SettingsReader, shopName: String) {
        var settings = AccountSettings()
        settings.shopName = shopName
        settings.sessionLifetime = reader.read(
            "SESSION_LIFETIME", .duration(.seconds(3_600) ... .seconds(365 * 86_400)), default: settings.sessionLifetime,
            "How long a session lasts without use")
        settings.maximumSessions = reader.read(
            "SESSION_MAX", .integer(1...1_000), default: settings.maximumSessions,
            "Maximum sessions of an account; the oldest ends for a further one")
        settings.maximumAddresses = reader.read(
            "ACCOUNT_ADDRESSES", .integer(1...1_000), default: settings.maximumAddresses, "Maximum addresses of an account")
        settings.confirmationLifetime = reader.read(
            "ACCOUNT_CONFIRMATION_LIFETIME", .duration(.seconds(600) ... .seconds(7 * 86_400)),
            default: settings.confirmationLifetime, "How long a mailed link that confirms an e-mail address is valid")
        settings.linkLifetime = reader.read(
            "ACCOUNT_LINK_LIFETIME", .duration(.seconds(60) ... .seconds(3_600)), default: settings.linkLifetime,
            "How long a mailed link that signs in or sets a password is valid")
        settings.mailsPerHour = reader.read(
            "ACCOUNT_MAILS_HOUR", .integer(1...1_000), default: settings.mailsPerHour,
            "Maximum mails of one kind to an address in an hour; further requests are answered, but send none")
        settings.requestRetention = reader.read(
            "ACCOUNT_REQUEST_RETENTION", .duration(.seconds(86_400) ... .seconds(90 * 86_400)),
            default: settings.requestRetention, "When registrations and other requests are deleted whose mail was not answered")
        var passwords = PasswordHasherSettings()
        passwords.threads = reader.read(
            "PASSWORD_THREADS", .integer(1...64), default: passwords.threads,
            "How many passwords are hashed at a time; each needs 32 MiB and a CPU")
        passwords.queueLength = reader.read(
            "PASSWORD_QUEUE", .integer(0...10_000), default: passwords.queueLength,
            "How many passwords may wait for that, then 503")
        challenge = ChallengeSettings(&reader)
        self.settings = settings
        self.passwords = passwords
    }
}
