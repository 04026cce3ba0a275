import PostgresClient

/// Recomputes from the data itself what must hold of it: after a restore, a failover, or whenever somebody wants to know.
///
/// All rules see one snapshot, so a shop that sells meanwhile is not mistaken for a broken one. It only reads, but reads all
/// orders and the whole stock ledger: for a large shop, ask a replica or a restored copy.
package struct Audit {
    /// What one rule found.
    package struct Finding {
        package let rule: String
        /// Violations, each as a JSON object; the first ``Audit/shown`` of them.
        package let violations: [String]
    }

    /// The most violations told of one rule.
    package static let shown = 20

    private let configuration: PostgresConfiguration

    package init(_ configuration: PostgresConfiguration) {
        self.configuration = configuration
    }

    /// Checks every rule, telling of each as it is done.
    /// - Throws: ``PostgresError``: `connectionUnavailable`; SQLSTATE 42P01 where the schema is behind.
    package func run(_ tell: (Finding) -> Void) throws {
        let connection = try BlockingConnection(configuration)
        try connection.execute(
            """
            SET application_name = 'commerce audit'; SET client_min_messages = warning;
            BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
            """)
        for rule in AuditRule.all {
            let query = "SELECT row_to_json(violation)::text FROM (\(rule.query)) violation LIMIT \(Self.shown)"
            let rows = try connection.query(PostgresQuery(unescaped: query))
            tell(Finding(rule: rule.rule, violations: try rows.map { row in try row[0, as: String.self] }))
        }
        try connection.execute("COMMIT")
    }
}
