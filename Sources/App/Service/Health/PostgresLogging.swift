import PostgresClient

/// The server's settings that decide whether bound values reach its log; nil where the server has no such setting.
/// https://www.postgresql.org/docs/current/runtime-config-logging.html
struct PostgresLogging: Sendable, Equatable {
    static let query: PostgresQuery = """
        SELECT current_setting('log_statement', true), current_setting('log_min_duration_statement', true), \
        current_setting('log_min_duration_sample', true), current_setting('log_transaction_sample_rate', true), \
        current_setting('log_parameter_max_length', true), current_setting('log_parameter_max_length_on_error', true)
        """

    var statements: String?
    var slowest: String?
    var sampled: String?
    var transactions: String?
    var length: String?
    var lengthOnError: String?

    /// The warning for the operator; nil if no value is logged.
    var warning: String? {
        // A duration of -1 turns logging by duration off; any other duration has a unit.
        let logsStatements =
            statements == "all" || statements == "mod" || (slowest ?? "-1") != "-1" || (sampled ?? "-1") != "-1"
            || !["0", "0.0"].contains(transactions ?? "0")
        // Servers before version 13 have no limit and log whole values.
        let settings = [
            logsStatements && length != "0" ? "log_parameter_max_length" : nil,
            (lengthOnError ?? "0") != "0" ? "log_parameter_max_length_on_error" : nil,
        ].compactMap(\.self)
        guard !settings.isEmpty else { return nil }
        return
            "PostgreSQL logs the values of statements, which are people's addresses and tokens: set \(settings.joined(separator: " and ")) to 0"
    }
}
