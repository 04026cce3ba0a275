import Foundation
import Testing
import TestSupport

extension Faults {
    /// Redis answers, and what it says is that it will not.
    @Suite("Redis refuses")
    struct RedisTroubleTests {
        enum Trouble: CaseIterable {
            /// `-OOM`: no memory is left, and nothing may be evicted.
            case outOfMemory
            /// `-READONLY`: it has become a replica, as after a failover.
            case readOnly
            /// `-ERR max number of clients reached`, for each new connection.
            case tooManyClients
            /// It runs something that takes long.
            case busy
            /// Restarted empty, again and again.
            case restarted

            func begin(_ redis: RedisServer) throws {
                switch self {
                case .outOfMemory:
                    try redis.execute("CONFIG", "SET", "maxmemory-policy", "noeviction")
                    try redis.execute("CONFIG", "SET", "maxmemory", "1")
                // Of no primary: it goes on serving what it has.
                case .readOnly: try redis.execute("REPLICAOF", "127.0.0.1", "1")
                case .tooManyClients:
                    try redis.execute("CONFIG", "SET", "maxclients", "1")
                    try redis.execute("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                case .busy: try redis.execute("DEBUG", "SLEEP", "3")
                case .restarted:
                    for _ in 0..<4 {
                        try redis.restart()
                        usleep(500_000)
                    }
                }
            }

            func end(_ redis: RedisServer) throws {
                switch self {
                case .outOfMemory: try redis.execute("CONFIG", "SET", "maxmemory", "0")
                case .readOnly: try redis.execute("REPLICAOF", "NO", "ONE")
                // No other client gets in to change that.
                case .tooManyClients: try redis.restart()
                case .busy, .restarted: break
                }
            }
        }

        @Test("whatever it refuses, the shop sells on, and uses it again once it serves", arguments: Trouble.allCases)
        func trouble(trouble: Trouble) async throws {
            let stage = try Stage(redisSettings: ["enable-debug-command": "yes"])
            // All limits are counted in Redis, and none is met.
            let many = "1000000"
            let service = try await stage.serve([
                "RATE_LIMIT": "on", "RATE_LIMIT_READS": many, "RATE_LIMIT_WRITES": many, "RATE_LIMIT_ORDERS": many,
                "RATE_LIMIT_ORDERS_DAY": many,
                "ORDER_OPEN_PER_CLIENT": many, "ORDER_OPEN_PER_EMAIL": many, "ORDER_HELD_PER_CLIENT": many,
                "ORDER_HELD_PER_EMAIL": many,
                "ORDER_HELD_SHARE": "100",
            ])
            try await service.waitUntilWell()
            let load = Load(port: service.port)
            load.addShoppers(8)
            load.addProbe()
            try await Task.sleep(for: .seconds(1))
            try await stage.act { try trouble.begin($0.redis) }
            try await Task.sleep(for: .seconds(2))
            try await stage.act { try trouble.end($0.redis) }
            try await service.waitUntilWell()
            try await onOwnThread {
                try stage.redis.execute("FLUSHALL")
                let came = Deadline(seconds: 20).poll(every: 50) {
                    (try? stage.redis.execute("KEYS", "commerce:*").isEmpty) == false
                }
                #expect(came, "nothing is cached in Redis")
            }
            await load.stop()
            let exchanges = load.journal.exchanges
            let failed = exchanges.filter { !$0.isSuccess }
            #expect(failed.isEmpty, "\(failed.count) of \(exchanges.count): \(failed.prefix(3))")
            #expect(exchanges.slowest < .milliseconds(2_900), "\(exchanges.slowest)")
            try await stage.settle(load.journal, at: service.port)
        }
    }
}
