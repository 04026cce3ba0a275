import Configuration
import PostgresClient

/// The database, for commands that run a few statements.
enum CommandDatabase {
    /// Connects, and runs `body`.
    /// - Throws: ``CommandError`` for settings, a connection or a statement that failed, and what `body` throws.
    static func run<Value>(_ body: (BlockingConnection, Configuration) throws -> Value) throws -> Value {
        try run(Environment.configuration(), body)
    }

    /// The same with settings that were read before.
    static func run<Value>(
        _ configuration: Configuration, _ body: (BlockingConnection, Configuration) throws -> Value
    ) throws -> Value {
        do {
            let connection = try BlockingConnection(configuration.database.primary)
            try connection.execute(
                "SET application_name = 'commerce command'; SET client_min_messages = warning; SET lock_timeout = '30s'")
            return try body(connection, configuration)
        } catch let error as PostgresError {
            throw CommandError(error)
        }
    }
}
