import Audit
import TestSupport

/// What must hold of the shop's data at any moment, recomputed from the data itself: all that `commerce audit` checks, and
/// what holds of a shop younger than its kept answers.
enum Invariants {
    /// One line for each violation: the rule, and the row that breaks it.
    static func violations(in database: TestDatabase) async throws -> [String] {
        let rows = try await database.execute(statements)
        return rows.split(separator: "\n").map(String.init)
    }

    /// All queries as one script.
    static var statements: String { all.map(statement).joined(separator: "\n") }

    /// A query whose rows are texts for people.
    private static func statement(_ rule: AuditRule) -> String {
        "SELECT \(Goods.quoted(rule.rule)), row_to_json(violation) FROM (\(rule.query)) violation;"
    }

    static let all =
        AuditRule.all + [
            AuditRule(
                rule: "an order and the answer kept for its key stand or fall together, until the order's person is erased",
                query: """
                    SELECT o.id, i.location FROM orders o FULL JOIN idempotency i ON i.location = '/v1/orders/' || o.id \
                    WHERE (o.id IS NULL OR i.id IS NULL) AND o.erased_at IS NULL
                    """)
        ]
}
