import PostgresClient

extension PostgresConfiguration {
    /// How to reach the database as the settings have it, for a tool's one connection.
    package init(_ configuration: Configuration) throws(PostgresError) {
        try self.init(connectionString: configuration.database.url)
        connectTimeout = configuration.pool.connectTimeout
    }
}
