import HTTPServer
import PostgresClient
import RedisClient
import Web

/// What the process has once for all its loops; nothing in it changes but the health board, which guards itself.
struct SharedServices: Sendable {
    let configuration: Configuration
    /// One loop's share of the pool.
    let postgres: PostgresConfiguration
    let redis: RedisConfiguration?
    let health: HealthBoard
    let loopCount: Int
}
