import Foundation

/// What `./dev test` hands to the tests: its throwaway servers and where their programs are.
package struct TestEnvironment: Sendable {
    /// A superuser's URL of the database `postgres`; tests make databases of their own there (``TestDatabase``).
    package let databaseURL: String
    /// A Redis shared by all tests: use keys of your own, never FLUSHALL (for that, ``RedisServer``).
    package let redisURL: String
    /// The directory of `postgres`, `initdb` and `psql`.
    package let postgresPrograms: String
    /// The path of `redis-server`.
    package let redisServer: String
    /// A Python with other implementations of the protocols that the service speaks (deploy/test/peers.in).
    package let peersPython: String
    /// The path of the `commerce` program in its debug build.
    package let commerce: String
    /// The project's top directory.
    package let root: String
    /// Where tests put files; `./dev test` removes all of it at the end.
    package let scratch: String
    /// Marks every process the tests start, so that `./dev test` finds those that outlive a crash.
    package let run: String

    /// The environment of this process. Throws ``TestFailure`` where a variable is missing.
    package static func read() throws -> TestEnvironment {
        let variables = ProcessInfo.processInfo.environment
        func value(_ name: String) throws -> String {
            guard let value = variables[name], !value.isEmpty else {
                throw TestFailure("\(name) is not set: run the tests with ./dev test, which starts the servers they need")
            }
            return value
        }
        return try TestEnvironment(
            databaseURL: value("TEST_DATABASE_URL"), redisURL: value("TEST_REDIS_URL"),
            postgresPrograms: value("TEST_POSTGRES_BIN"), redisServer: value("TEST_REDIS_SERVER"),
            peersPython: value("TEST_PEERS_PYTHON"),
            commerce: value("TEST_COMMERCE_BINARY"), root: value("TEST_ROOT"), scratch: value("TEST_SCRATCH"),
            run: value("TEST_RUN"))
    }
}
