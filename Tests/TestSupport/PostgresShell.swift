/// SQL by way of the psql program: for what a test arranges and checks, apart from the client that is under test.
package enum PostgresShell {
    /// Runs SQL, each statement by itself, and gives the rows: a line each, columns separated by `|`.
    ///
    /// Throws ``TestFailure`` with the server's message where a statement fails.
    @discardableResult
    package static func execute(_ sql: String, on url: String, seconds: Double = 60) throws -> String {
        let psql = try TestEnvironment.read().postgresPrograms + "/psql"
        let script = try ScratchDirectory("sql")
        let file = try script.write("script.sql", sql)
        let rows = try Command.check(
            [psql, "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1", "--file", file, url],
            seconds: seconds)
        return rows.hasSuffix("\n") ? String(rows.dropLast()) : rows
    }
}
