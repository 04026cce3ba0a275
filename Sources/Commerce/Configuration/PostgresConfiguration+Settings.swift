import PostgresClient

extension PostgresConfiguration {
    /// How to reach the database as the settings have it, for a tool's one connection.
    package init(_ configuration: Configuration) throws(PostgresError) {
        try self.init(configuration.database)
        connectTimeout = configuration.pool.connectTimeout
    }

    /// Where the database is, and how to log in there.
    init(_ database: DatabaseSettings) throws(PostgresError) {
        try self.init(connectionString: database.url)
        passwordFile = database.passwordFile
    }
}
