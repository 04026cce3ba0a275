import PostgresClient

/// Checks the invariants of the shop's data, for example after a restore or a failover.
///
/// All rules see one snapshot, so the shop may sell at the same time. The audit only reads, but it reads all orders and the whole
/// stock ledger: for a large shop, use a replica or a restored copy.
package struct Audit {
    /// The result of one rule.
    package struct Finding {
        package let rule: String
        /// The first violations, each as a JSON object; at most ``Audit/shown``.
        package let violations: [String]
    }

    /// The most violations that are shown for one rule.
    package static let shown = 20

    private let configuration: PostgresConfiguration

    package init(_ configuration: PostgresConfiguration) {
        self.configuration = configuration
    }

    /// Checks every rule.
    /// - Parameter report: Receives the result of each rule as soon as it is checked.
    /// - Throws: ``PostgresError``, for example `connectionUnavailable`, or SQLSTATE 42P01 if the schema is behind.
    package func run(_ report: (Finding) -> Void) throws {
        let connection = try BlockingConnection(configuration)
        try connection.execute(
            """
            SET application_name = 'commerce audit'; SET client_min_messages = warning;
            BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
            """)
        for rule in AuditRule.all {
            let query = "SELECT row_to_json(violation)::text FROM (\(rule.query)) violation LIMIT \(Self.shown)"
            let rows = try connection.query(PostgresQuery(unescaped: query))
            report(Finding(rule: rule.rule, violations: try rows.map { row in try row[0, as: String.self] }))
        }
        try connection.execute("COMMIT")
    }
}
