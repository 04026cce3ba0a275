import Cart
import Compression
import HTTPServer
import Recommendations
import Web
import Webhooks

/// Which process the settings are for.
package enum ProcessKind: Sendable {
    /// `commerce serve`, and the commands that do not listen.
    case service
    /// `commerce worker`.
    case worker
}

/// All settings of the program, read from environment variables and checked. They are read once at the start: the environment of
/// a running process never changes, so new settings need a new process.
package struct Configuration: Sendable {
    package let server: ServerSettings
    /// Nil if TLS is off.
    package let tls: TLSSettings?
    /// The limits and timeouts of the HTTP server; ``httpServer(certificates:)`` adds the rest.
    package let http: ServerConfiguration
    /// Nil if overload control is off.
    package let admission: AdmissionSettings?
    /// Nil if rate limits are off.
    package let rateLimit: RateLimitSettings?
    package let database: DatabaseSettings
    /// Nil if there is no Redis; the shop runs without.
    package let redis: RedisSettings?
    package let cache: CacheSettings
    /// Nil if compression is off.
    package let compression: GzipSettings?
    package let encryption: EncryptionSettings
    package let tokens: TokenSettings
    package let openID: OpenIDSettings
    package let accounts: AccountConfiguration
    package let shop: ShopSettings
    package let recommendations: RecommendationSettings
    package let live: LiveSettings
    package let worker: WorkerSettings
    package let events: EventSettings
    package let webhooks: WebhookSettings
    package let mail: MailSettings
    package let cloud: CloudSettings
    package let log: LogSettings
    /// Nil if metrics are off.
    package let metrics: MetricsSettings?
    package let migration: MigrationSettings
    package let bootstrap: BootstrapSettings
    /// The description of each setting, in the order of the README's table.
    package let rows: [SettingRow]

    /// Reads the settings from an environment. Unknown variables are ignored.
    /// - Parameter process: whose ports must differ; both kinds of processes may have the same environment
    /// - Throws: ``ConfigurationError`` with every setting that cannot be used.
    package static func load(
        from environment: [String: String], for process: ProcessKind = .service
    ) throws(ConfigurationError) -> Configuration {
        var reader = SettingsReader(environment)
        let configuration = Configuration(&reader, for: process)
        guard reader.errors.isEmpty else { throw ConfigurationError(errors: reader.errors) }
        return configuration
    }

    /// The names, defaults and descriptions of all settings.
    package static var settings: [SettingRow] {
        var reader = SettingsReader([:])
        return Configuration(&reader).rows
    }

    private init(_ reader: inout SettingsReader, for process: ProcessKind = .service) {
        server = ServerSettings(&reader)
        database = DatabaseSettings(&reader)
        redis = RedisSettings.read(&reader)
        cache = CacheSettings(&reader)
        compression = GzipSettings.read(&reader)
        encryption = EncryptionSettings(&reader)
        tokens = TokenSettings(&reader, secret: encryption.jwtSecret)
        openID = OpenIDSettings(&reader, tokenIssuer: tokens.rules.issuer)
        shop = ShopSettings(&reader)
        accounts = AccountConfiguration(&reader, shopName: reader.text("SHOP_NAME") ?? "")
        recommendations = RecommendationSettings(&reader)
        live = LiveSettings(&reader)
        worker = WorkerSettings(&reader)
        events = EventSettings(&reader, beside: shop)
        webhooks = WebhookSettings(&reader)
        mail = MailSettings(&reader, beside: server, languages: shop.languages)
        cloud = CloudSettings(&reader)
        log = LogSettings(&reader)
        metrics = MetricsSettings.read(&reader, beside: (server.host, process == .worker ? worker.port : server.port), process)
        tls = TLSSettings.read(&reader, beside: server)
        http = ServerConfiguration(&reader)
        admission = AdmissionSettings.read(&reader)
        rateLimit = RateLimitSettings.read(&reader)
        migration = MigrationSettings(&reader)
        bootstrap = BootstrapSettings(&reader)
        rows = reader.rows
    }
}

extension Configuration {
    /// One line `NAME=value` for each setting, for `--print-config`. Secrets are masked.
    package var report: String {
        rows.map { row in
            let isPhrase = row.shown.isEmpty && !row.fallback.isEmpty
            return "\(row.name)=\(row.shown)" + (row.isSet ? "" : isPhrase ? "  # default: \(row.fallback)" : "  # default")
        }.joined(separator: "\n")
    }

    /// The README's table of all settings.
    package static var table: String {
        var lines = ["| name | default | what it is |", "|---|---|---|"]
        for row in settings {
            let fallback = row.fallback.isEmpty ? "" : row.fallback.contains(" ") ? row.fallback : "`\(row.fallback)`"
            lines.append("| `\(row.name)` | \(fallback) | \(row.description)\(row.isSecret ? " (secret)" : "") |")
        }
        return lines.joined(separator: "\n")
    }
}

/// The description of one setting, for `--print-config` and the README's table.
package struct SettingRow: Equatable, Sendable {
    /// The environment variable.
    package let name: String
    /// The default; empty if there is none.
    package let fallback: String
    /// The purpose of the setting, in one line.
    package let description: String
    /// Whether the value must never be shown.
    package let isSecret: Bool
    /// Whether the environment sets it.
    package let isSet: Bool
    /// The value in use, with secrets and the passwords inside URLs masked.
    package let shown: String
}

/// The settings that cannot be used, in their order; never empty. It holds all of them, so that a deployment can be corrected in
/// one attempt.
package struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    package let errors: [SettingError]

    /// One line for each setting.
    package var description: String { errors.map(\.description).joined(separator: "\n") }
}

/// An environment variable that cannot be used, and the reason.
package struct SettingError: Equatable, Sendable, CustomStringConvertible {
    /// The variable.
    package let name: String
    /// What is wrong; never contains the value of a secret.
    package let problem: String
    /// What would be right.
    package let expected: String

    /// One line: `PORT is "http"; expected a whole number from 1 to 65535`.
    package var description: String { "\(name) \(problem); expected \(expected)" }
}
