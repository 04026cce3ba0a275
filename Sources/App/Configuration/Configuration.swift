import Cart
import Compression
import HTTPServer
import Web

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
    package let shop: ShopSettings
    package let live: LiveSettings
    package let log: LogSettings
    /// Nil if metrics are off.
    package let metrics: MetricsSettings?
    package let migration: MigrationSettings
    package let bootstrap: BootstrapSettings
    /// The description of each setting, in the order of the README's table.
    package let rows: [SettingRow]

    /// Reads the settings from an environment. Unknown variables are ignored.
    /// - Throws: ``ConfigurationError`` with every setting that cannot be used.
    package static func load(from environment: [String: String]) throws(ConfigurationError) -> Configuration {
        var reader = SettingsReader(environment)
        let configuration = Configuration(&reader)
        guard reader.errors.isEmpty else { throw ConfigurationError(errors: reader.errors) }
        return configuration
    }

    /// The names, defaults and descriptions of all settings.
    package static var settings: [SettingRow] {
        var reader = SettingsReader([:])
        return Configuration(&reader).rows
    }

    private init(_ reader: inout SettingsReader) {
        server = ServerSettings(&reader)
        database = DatabaseSettings(&reader)
        redis = RedisSettings.read(&reader)
        cache = CacheSettings(&reader)
        compression = GzipSettings.read(&reader)
        encryption = EncryptionSettings(&reader)
        shop = ShopSettings(&reader)
        live = LiveSettings(&reader)
        log = LogSettings(&reader)
        metrics = MetricsSettings.read(&reader, beside: server)
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
