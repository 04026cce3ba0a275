import EventLoop
import PostgresClient
import TestSupport
import Testing

/// Plans that outlive the statistics that they were made for.
@Suite struct PlanTests {
    @Test func aStatementPlannedOnAnEmptyTableDoesNotScanItWhenItHasGrown() async throws {
        let database = try TestDatabase()
        try await database.execute(
            "CREATE TABLE grows (id int PRIMARY KEY, text text) WITH (autovacuum_enabled = off); VACUUM grows")
        try await withPool(database.url) { pool, loop in
            // Often enough for the plan to be kept.
            for _ in 0..<12 { _ = try await pool.batch(["SELECT text FROM grows WHERE id = ANY(\([Int32(1), 2]))"]) }
            try await pool.execute("INSERT INTO grows SELECT n, repeat('x', 50) FROM generate_series(1, 20000) n")
            for _ in 0..<12 {
                let rows = try await pool.batch(["SELECT text FROM grows WHERE id = ANY(\([Int32(1), 2]))"])
                #expect(rows.first?.count == 2)
            }
            let isCounted = try await eventually(loop) {
                try await pool.execute("SELECT pg_stat_force_next_flush()")
                let row = try await pool.query("SELECT idx_scan FROM pg_stat_user_tables WHERE relname = 'grows'").first
                return try row?[0, as: Int64.self] ?? 0 >= 12
            }
            #expect(isCounted)
            let scans = try await pool.query("SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'grows'").first
            // Making the index is one.
            #expect(try scans?[0, as: Int64.self] == 1)
        }
    }
}
