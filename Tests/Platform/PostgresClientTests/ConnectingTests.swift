import EventLoop
import Foundation
import PostgresClient
import Testing
import TestSupport

/// Logging in, TLS, and the errors of both.
@Suite struct ConnectingTests {
    /// The error of the first attempt to connect, or nil where it works.
    private func failure(_ url: String) async throws -> PostgresError? {
        try await withPool(url) { pool, loop in
            _ = try await eventually(loop) { pool.state.open > 0 || pool.state.failures > 0 }
            return pool.state.open > 0 ? nil : pool.lastError
        }
    }

    private func blockingFailure(_ url: String) -> PostgresError? {
        do throws(PostgresError) {
            _ = try BlockingConnection(connectionString: url).query("SELECT 1")
            return nil
        } catch { return error }
    }

    @Test func aPasswordIsCheckedAndNeverInAnError() async throws {
        let server = try PostgresServer(authentication: .password("s3cret-good"))
        #expect(try await failure(server.url) == nil)
        #expect(blockingFailure(server.url) == nil)
        let wrong = server.url.replacingOccurrences(of: "s3cret-good", with: "s3cret-bad")
        for error in [try await failure(wrong), blockingFailure(wrong)] {
            #expect(error?.code == .connectionUnavailable)
            let text = error.map { "\($0)" } ?? ""
            #expect(text.contains("password authentication failed") && !text.contains("s3cret"))
        }
    }

    @Test func aWrongPasswordFailsCallersAtOnce() async throws {
        let server = try PostgresServer(authentication: .password("good"))
        let wrong = server.url.replacingOccurrences(of: ":good@", with: ":bad@")
        try await withPool(
            wrong,
            configure: {
                $0.acquireTimeout = .seconds(60); $0.queryTimeout = .seconds(60)
            }
        ) { pool, _ in
            let start = ContinuousClock.now
            let read = await postgresError { _ = try await pool.query("SELECT 1") }
            let written = await postgresError { try await pool.execute("SELECT 1") }
            #expect(read?.code == .connectionUnavailable && written?.code == .connectionUnavailable)
            #expect(ContinuousClock.now - start < .seconds(30))
        }
    }

    @Test func tlsIsUsedAndItsCertificateVerified() async throws {
        let server = try PostgresServer(tls: true)
        let authority = try #require(server.certificateAuthority)
        try await withPool(server.url + "?sslmode=require") { pool, _ in
            let row = try await pool.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").first
            #expect(try row?[0, as: Bool.self] == true)
            _ = try await pool.execute("SELECT \(String(repeating: "x", count: 500_000))")
        }
        #expect(try await failure(server.url + "?sslmode=verify-full&sslrootcert=\(authority)") == nil)

        let otherHost = try await failure(
            """
            host=db.example.com hostaddr=127.0.0.1 port=\(server.port) user=postgres dbname=postgres \
            sslmode=verify-full sslrootcert=\(authority)
            """)
        #expect(otherHost?.message?.contains("does not match host name") == true)
        let stranger = try PostgresServer(tls: true)
        let otherAuthority = try #require(stranger.certificateAuthority)
        let untrusted = try await failure(server.url + "?sslmode=verify-full&sslrootcert=\(otherAuthority)")
        #expect(untrusted?.message?.contains("certificate verify failed") == true)
        // Without an authority file the system's authorities count, and they lack this one.
        let unknown = try await failure(server.url + "?sslmode=verify-full")
        #expect(unknown?.message?.contains("certificate verify failed") == true)
    }

    @Test func aServerWithoutTLSIsRefusedWhereTLSIsRequired() async throws {
        let server = try PostgresServer()
        #expect(try await failure(server.url + "?sslmode=require")?.code == .connectionUnavailable)
    }

    @Test func aServerThatTakesNoWritesIsRefusedUnlessConfigured() async throws {
        let server = try PostgresServer(settings: ["default_transaction_read_only": "on"])
        #expect(try await failure(server.url)?.code == .connectionUnavailable)
        #expect(try await failure(server.url + "?target_session_attrs=any") == nil)
    }

    @Test func aServerThatIsStillStartingIsWaitedFor() async throws {
        let server = try PostgresServer()
        try server.execute("CREATE TABLE filler AS SELECT n, repeat('x', 200) FROM generate_series(1, 300000) n")
        try await withPool(server.url) { pool, loop in
            _ = try await pool.query("SELECT 1")
            // A crash, and then recovery, in which it answers 57P03.
            server.kill()
            try server.start()
            let isBack = try await eventually(loop) { try await pool.query("SELECT 1 FROM filler LIMIT 1").count == 1 }
            #expect(isBack)
        }
    }

    @Test func theServersLimitsAndTheNameAreSet() async throws {
        try await withPool(configure: {
            $0.statementTimeout = .milliseconds(4_321)
            $0.lockTimeout = .milliseconds(1_234)
            $0.idleInTransactionTimeout = .zero
            $0.applicationName = "shop \"one\""
        }) { pool, _ in
            let row = try #require(
                try await pool.query(
                    """
                    SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),
                    current_setting('idle_in_transaction_session_timeout'), current_setting('application_name')
                    """
                ).first)
            #expect(try row[0, as: String.self] == "4321ms")
            #expect(try row[1, as: String.self] == "1234ms")
            #expect(try row[2, as: String.self] == "0")
            #expect(try row[3, as: String.self] == "shop \"one\"")
        }
    }

    @Test func optionsOfTheConnectionStringCountAndKeepOurs() async throws {
        let url = try TestEnvironment.read().databaseURL + "?options=-c%20lock_timeout%3D77ms&application_name=own"
        try await withPool(url) { pool, _ in
            let row = try #require(
                try await pool.query(
                    """
                    SELECT current_setting('lock_timeout'), current_setting('statement_timeout'),
                    current_setting('application_name')
                    """
                ).first)
            let (lock, statement, name) = try row.decode((String, String, String).self)
            #expect(lock == "77ms" && statement == "10s" && name == "own")
        }
    }
}
