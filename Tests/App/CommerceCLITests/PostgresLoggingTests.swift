import TestSupport
import Testing

@testable import Service

/// `commerce serve` looks whether PostgreSQL writes people's data into its log.
@Suite("What PostgreSQL logs")
struct PostgresLoggingTests {
    @Test(
        "values that reach the log are warned of, and only those",
        arguments: [
            // PostgreSQL's own defaults: no statement is logged, so no value is.
            (
                PostgresLogging(
                    statements: "none", slowest: "-1", sampled: "-1", transactions: "0", length: "-1", lengthOnError: "0"), nil
            ),
            (
                PostgresLogging(
                    statements: "none", slowest: "500ms", sampled: "-1", transactions: "0", length: "0", lengthOnError: "0"), nil
            ),
            (PostgresLogging(statements: "none", slowest: "500ms", length: "-1", lengthOnError: "0"), "log_parameter_max_length"),
            (PostgresLogging(statements: "none", slowest: "0", length: "64B", lengthOnError: "0"), "log_parameter_max_length"),
            (PostgresLogging(statements: "mod", slowest: "-1", length: "-1", lengthOnError: "0"), "log_parameter_max_length"),
            (PostgresLogging(statements: "ddl", slowest: "-1", length: "-1", lengthOnError: "0"), nil),
            (PostgresLogging(statements: "none", slowest: "-1", sampled: "1s", length: "-1"), "log_parameter_max_length"),
            (PostgresLogging(statements: "none", slowest: "-1", transactions: "0.01", length: "-1"), "log_parameter_max_length"),
            (
                PostgresLogging(statements: "none", slowest: "-1", length: "-1", lengthOnError: "-1"),
                "log_parameter_max_length_on_error"
            ),
            (
                PostgresLogging(statements: "all", slowest: "-1", length: "1kB", lengthOnError: "1kB"),
                "log_parameter_max_length and log_parameter_max_length_on_error"
            ),
            // A server before version 13 knows no bound.
            (PostgresLogging(statements: "all", slowest: "-1"), "log_parameter_max_length"),
            (PostgresLogging(), nil),
        ])
    func warnings(logging: PostgresLogging, named: String?) {
        #expect(
            logging.warning
                == named.map {
                    "PostgreSQL logs the values of statements, which are people's addresses and tokens: set \($0) to 0"
                })
    }

    @Test("the service says so once it has reached the server, and nothing where the server keeps quiet")
    func atStart() throws {
        let server = try PostgresServer()
        try server.execute("ALTER SYSTEM SET log_min_duration_statement = '500ms'; SELECT pg_reload_conf()")
        #expect(try logOfAStart(server).contains("set log_parameter_max_length to 0"))
        try server.execute("ALTER SYSTEM SET log_parameter_max_length = 0; SELECT pg_reload_conf()")
        #expect(try !logOfAStart(server).contains("PostgreSQL logs the values"))
    }

    private func logOfAStart(_ server: PostgresServer) throws -> String {
        let migrated = try ServiceProcess.run(["migrate", "up"], environment: ["DATABASE_URL": server.url])
        #expect(migrated.status == .exited(0), "\(migrated.error)")
        // Ready only once PostgreSQL has answered, and the look at its log comes with the same answer's round.
        let service = try ServiceProcess(environment: ["DATABASE_URL": server.url, "DRAIN_DELAY": "0s"])
        let isReady = Deadline(seconds: 30).poll(every: 20) { (try? service.client().request("GET", "/health").status) == 200 }
        #expect(isReady)
        #expect(try service.terminate() == .exited(0))
        return service.standardOutput + service.standardError
    }
}
