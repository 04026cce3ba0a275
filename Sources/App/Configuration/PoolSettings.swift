/// How many connections to PostgreSQL, how long each may do what.
package struct PoolSettings: Sendable {
    /// Connections of the whole process.
    package let maximum: Int
    package let minimum: Int
    package let idleTimeout: Duration
    package let maxLifetime: Duration
    package let connectTimeout: Duration
    package let acquireTimeout: Duration
    /// How many requests may wait for a connection; one more is refused at once.
    package let maxWaiters: Int
    package let statementTimeout: Duration
    package let readTimeout: Duration
    package let lockTimeout: Duration
    package let idleInTransactionTimeout: Duration

    init(_ reader: inout SettingsReader) {
        maximum = reader.read("DATABASE_POOL_MAX", .integer(1...1_000), default: 20, "Maximum connections of the process")
        minimum = reader.read("DATABASE_POOL_MIN", .integer(0...1_000), default: 5, "Connections that stay open while idle")
        idleTimeout = reader.read(
            "DATABASE_IDLE_TIMEOUT", .duration(.seconds(1) ... .seconds(86_400)), default: .seconds(30),
            "Connections above the minimum close after this idle time")
        maxLifetime = reader.read(
            "DATABASE_MAX_LIFETIME", .duration(.seconds(1) ... .seconds(7 * 86_400)), default: .seconds(1_800),
            "Connections are replaced after about this time")
        connectTimeout = reader.read(
            "DATABASE_CONNECT_TIMEOUT", .duration(.milliseconds(100) ... .seconds(60)), default: .seconds(5),
            "Connect timeout")
        acquireTimeout = reader.read(
            "DATABASE_ACQUIRE_TIMEOUT", .duration(.milliseconds(10) ... .seconds(60)), default: .seconds(5),
            "Maximum wait for a free connection, then 503")
        maxWaiters = reader.read(
            "DATABASE_MAX_WAITERS", .integer(0...1_000_000), default: 1_000,
            "Maximum requests that wait for a connection, then 503")
        statementTimeout = reader.read(
            "DATABASE_STATEMENT_TIMEOUT", .duration(.zero ... .seconds(3_600)), default: .seconds(10),
            "Statement timeout; 0 is no limit")
        readTimeout = reader.read(
            "DATABASE_READ_TIMEOUT", .duration(.zero ... .seconds(3_600)), default: .seconds(2),
            "Statement timeout of reads for the catalogue, then 503; 0 uses DATABASE_STATEMENT_TIMEOUT")
        lockTimeout = reader.read(
            "DATABASE_LOCK_TIMEOUT", .duration(.zero ... .seconds(3_600)), default: .seconds(5),
            "Lock timeout; 0 is no limit")
        idleInTransactionTimeout = reader.read(
            "DATABASE_IDLE_IN_TRANSACTION_TIMEOUT", .duration(.zero ... .seconds(3_600)), default: .seconds(10),
            "PostgreSQL ends transactions that are idle for this time; 0 is no limit")
        if minimum > maximum {
            reader.fault("DATABASE_POOL_MIN", "is \(minimum), above DATABASE_POOL_MAX", expected: "at most \(maximum)")
        }
    }
}
