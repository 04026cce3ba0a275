import Cart
import Compression

/// Everything the program is told from outside, checked. Read once at the start: a running process's environment never
/// changes, so new settings mean a new process.
package struct Configuration: Sendable {
    package let server: ServerSettings
    /// Nil: no encrypted connections.
    package let tls: TLSSettings?
    package let http: HTTPSettings
    package let overload: OverloadSettings
    /// Nil: clients may ask as often as they like.
    package let rateLimit: RateLimitSettings?
    package let database: DatabaseSettings
    package let pool: PoolSettings
    /// Nil: no Redis; the shop runs without.
    package let redis: RedisSettings?
    package let cache: CacheSettings
    /// Nil: answers are sent as they are.
    package let compression: GzipSettings?
    package let encryption: EncryptionSettings
    package let shop: ShopSettings
    package let live: LiveSettings
    package let log: LogSettings
    /// Nil: no metrics are kept.
    package let metrics: MetricsSettings?
    package let migration: MigrationSettings
    package let bootstrap: BootstrapSettings
    /// What there is to say about each setting, in the order of the README's table.
    package let rows: [SettingRow]

    /// Reads the settings out of an environment. Variables it doesn't know are ignored.
    ///
    /// Throws every fault at once.
    package static func load(from environment: [String: String]) throws(ConfigurationErrors) -> Configuration {
        var reader = SettingsReader(environment)
        let configuration = Configuration(&reader)
        guard reader.faults.isEmpty else { throw ConfigurationErrors(faults: reader.faults) }
        return configuration
    }

    /// The settings as they are with nothing set: names, defaults, descriptions.
    package static var settings: [SettingRow] {
        var reader = SettingsReader([:])
        return Configuration(&reader).rows
    }

    private init(_ reader: inout SettingsReader) {
        server = ServerSettings(&reader)
        database = DatabaseSettings(&reader)
        pool = PoolSettings(&reader)
        redis = RedisSettings.read(&reader)
        cache = CacheSettings(&reader)
        compression = GzipSettings.read(&reader)
        encryption = EncryptionSettings(&reader)
        shop = ShopSettings(&reader)
        live = LiveSettings(&reader)
        log = LogSettings(&reader)
        metrics = MetricsSettings.read(&reader, beside: server)
        tls = TLSSettings.read(&reader, beside: server)
        http = HTTPSettings(&reader)
        overload = OverloadSettings(&reader)
        rateLimit = RateLimitSettings.read(&reader)
        migration = MigrationSettings(&reader)
        bootstrap = BootstrapSettings(&reader)
        rows = reader.rows
    }
}
