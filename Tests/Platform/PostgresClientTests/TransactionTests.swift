import EventLoop
import Foundation
import PostgresClient
import Testing
import TestSupport

@Suite struct TransactionTests {
    private struct Refused: Error {}

    /// A database with `CREATE TABLE entry (id int8 PRIMARY KEY, note text CHECK (note <> 'bad'))`.
    private func withTable(
        configure: @escaping @Sendable (inout PostgresConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (PostgresPool, EventLoop) async throws -> Void
    ) async throws {
        let database = try TestDatabase()
        try await database.execute(
            "CREATE TABLE entry (id int8 PRIMARY KEY, note text, CONSTRAINT entry_note_good CHECK (note <> 'bad'))")
        try await withPool(database.url, configure: configure, body)
    }

    private func count(_ pool: PostgresPool) async throws -> Int {
        try await pool.query("SELECT count(*) FROM entry").first?[0, as: Int.self] ?? -1
    }

    @Test func aTransactionsWritesAreVisibleWhenItReturns() async throws {
        try await withTable { pool, _ in
            let back = try await pool.transaction { transaction in
                try await transaction.batch([
                    "INSERT INTO entry VALUES (\(1), \("a"))", "INSERT INTO entry VALUES (\(2), \("b"))",
                ])
                return try await transaction.query("SELECT count(*) FROM entry").first?[0, as: Int.self]
            }
            #expect(back == 2)
            let rows = try await self.count(pool)
            #expect(rows == 2)
        }
    }

    @Test func commitIsSentWithTheLastStatementsAndEndsTheTransaction() async throws {
        try await withTable { pool, _ in
            let error = try await pool.transaction { transaction in
                let rows = try await transaction.commit(with: ["INSERT INTO entry VALUES (1, 'a') RETURNING id"])
                #expect(try rows.first?.first?[0, as: Int.self] == 1)
                return await postgresError { try await transaction.query("SELECT 1") }
            }
            #expect(error?.code == .transactionEnded)
            let rows = try await self.count(pool)
            #expect(rows == 1)
        }
    }

    @Test func aBodyThatThrowsRollsBack() async throws {
        try await withTable { pool, _ in
            await #expect(throws: Refused.self) {
                try await pool.transaction { transaction in
                    try await transaction.query("INSERT INTO entry VALUES (1, 'a')")
                    throw Refused()
                }
            }
            let rows = try await self.count(pool)
            #expect(rows == 0)
        }
    }

    @Test func aFailedStatementRollsAllBackEvenWhenTheErrorIsSwallowed() async throws {
        try await withTable { pool, _ in
            let error = await postgresError {
                try await pool.transaction { transaction in
                    try await transaction.query("INSERT INTO entry VALUES (1, 'a')")
                    let inner = await postgresError { try await transaction.query("INSERT INTO entry VALUES (1, 'again')") }
                    #expect(inner?.sqlState == "23505" && inner?.constraint == "entry_pkey" && inner?.table == "entry")
                    #expect(inner?.code == .server && inner?.isRetryable == false)
                }
            }
            #expect(error?.code == .transactionEnded)
            let rows = try await self.count(pool)
            #expect(rows == 0)
        }
    }

    @Test func errorsQuoteNoData() async throws {
        try await withTable { pool, _ in
            let error = await postgresError { try await pool.execute("INSERT INTO entry VALUES (\(4711), \("bad"))") }
            #expect(error?.constraint == "entry_note_good")
            let text = await postgresError { _ = try await pool.query("SELECT \("topsecret")::int8") }
            #expect(text?.sqlState == "22P02")
            for error in [error, text] {
                #expect(error.map { "\($0)".contains("4711") || "\($0)".contains("topsecret") } == false)
            }
        }
    }

    @Test func rollbackEndsBeforeTheNextLeaseOfTheConnection() async throws {
        try await withTable(configure: {
            $0.maximum = 2; $0.sharedConnections = 1
        }) { pool, _ in
            for number in 0..<50 {
                try await pool.transaction { transaction in
                    try await transaction.query("INSERT INTO entry VALUES (\(number), 'a')")
                    if number % 2 == 0 { transaction.rollback() }
                }
            }
            let rows = try await self.count(pool)
            #expect(rows == 25)
        }
    }

    @Test func aBatchIsAllOrNothing() async throws {
        try await withTable { pool, _ in
            let results = try await pool.batch(["INSERT INTO entry VALUES (1, 'a')", "SELECT count(*) FROM entry"])
            #expect(try results.last?.first?[0, as: Int.self] == 1)
            let error = await postgresError {
                try await pool.batch([
                    "INSERT INTO entry VALUES (2, 'b')", "INSERT INTO entry VALUES (3, 'bad')",
                    "INSERT INTO entry VALUES (4, 'd')",
                ])
            }
            #expect(error?.constraint == "entry_note_good")
            let rows = try await self.count(pool)
            #expect(rows == 1)
        }
    }

    @Test func aConstraintCheckedAtCommitFailsTheCommit() async throws {
        try await withTable { pool, _ in
            try await pool.execute(
                """
                CREATE TABLE child (id int8, CONSTRAINT child_parent FOREIGN KEY (id) REFERENCES entry
                    DEFERRABLE INITIALLY DEFERRED)
                """)
            for attempt in 0..<3 {
                let implicit = await postgresError { try await pool.batch(["INSERT INTO child VALUES (1)", "SELECT 1"]) }
                #expect(implicit?.code == .server && implicit?.constraint == "child_parent", "attempt \(attempt)")
                let explicit = await postgresError {
                    _ = try await pool.transaction { try await $0.commit(with: ["INSERT INTO child VALUES (1)"]) }
                }
                #expect(explicit?.code == .server && explicit?.constraint == "child_parent", "attempt \(attempt)")
            }
            #expect(try await pool.query("SELECT 1 FROM child").isEmpty)
        }
    }

    @Test func aCancelledTransactionRollsBackAndReleasesItsConnection() async throws {
        try await withTable(configure: {
            $0.maximum = 2; $0.sharedConnections = 1
        }) { pool, loop in
            let promise = Promise<PostgresError?>(on: loop)
            let task = loop.run {
                promise.succeed(
                    await postgresError {
                        try await pool.transaction { transaction in
                            try await transaction.query("INSERT INTO entry VALUES (1, 'a')")
                            try await transaction.query("SELECT pg_sleep(60)")
                        }
                    })
            }
            try await loop.sleep(for: .milliseconds(100))
            task.cancel()
            #expect(try await promise.value()?.code == .cancelled)
            try await pool.execute("INSERT INTO entry VALUES (1, 'b')")
            // The server cancelled it too: no session sleeps there any more.
            let isOver = try await eventually(loop) {
                try await pool.query(
                    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(60)' AND state = 'active'"
                ).isEmpty
            }
            #expect(isOver)
        }
    }

    @Test func aTransactionThatReachesItsDeadlineIsCancelledOnTheServer() async throws {
        try await withTable { pool, loop in
            try await pool.execute("SELECT 1")
            let error = await postgresError {
                try await Deadline.$current.withValue(.after(.milliseconds(100))) {
                    _ = try await pool.transaction { try await $0.query("SELECT pg_sleep(60) AS deadline") }
                }
            }
            #expect(error?.code == .timedOut)
            let isOver = try await eventually(loop) {
                try await pool.query(
                    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%AS deadline' AND state = 'active'"
                ).isEmpty
            }
            #expect(isOver)
        }
    }

    @Test func serializationFailuresAndDeadlocksAreRetryable() async throws {
        try await withTable { pool, loop in
            try await pool.execute("INSERT INTO entry VALUES (1, 'a'), (2, 'b')")
            var failures = 0
            let bothUpdated = Meeting(of: 2, on: loop)
            let bothRead = Meeting(of: 2, on: loop)
            try await concurrently(2, on: loop) { number in
                let error = await postgresError {
                    try await pool.transaction { transaction in
                        try await transaction.query("UPDATE entry SET note = 'x' WHERE id = \(1 + number)")
                        try await bothUpdated.arrive()
                        try await transaction.query("UPDATE entry SET note = 'y' WHERE id = \(2 - number)")
                    }
                }
                if let error {
                    failures += 1
                    #expect(error.isRetryable && error.sqlState == "40P01")
                }
            }
            #expect(failures == 1)
            var serialization = 0
            try await concurrently(2, on: loop) { number in
                let error = await postgresError {
                    try await pool.transaction(isolation: .serializable) { transaction in
                        let level = try await transaction.batch(["SELECT count(*) FROM entry", "SHOW transaction_isolation"])
                        #expect(try level.last?.first?[0, as: String.self] == "serializable")
                        try await bothRead.arrive()
                        try await transaction.query("INSERT INTO entry VALUES (\(10 + number), 'c')")
                    }
                }
                if let error {
                    serialization += 1
                    #expect(error.isRetryable && error.sqlState == "40001")
                }
            }
            #expect(serialization == 1)
        }
    }

    @Test func transactionsOfManyTasksShareFewConnections() async throws {
        try await withTable { pool, loop in
            try await concurrently(64, on: loop) { number in
                for round in 0..<5 {
                    try await pool.transaction { transaction in
                        try await transaction.query("INSERT INTO entry VALUES (\(number * 100 + round), 'a')")
                        try await transaction.commit(with: ["UPDATE entry SET note = 'c' WHERE id = \(number * 100 + round)"])
                    }
                }
            }
            let rows = try await self.count(pool)
            #expect(rows == 320)
            #expect(pool.state.open <= 6)
        }
    }
}
