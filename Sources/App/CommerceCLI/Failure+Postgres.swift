import PostgresClient

extension Failure {
    /// What a tool tells of a statement or connection that failed.
    init(_ error: PostgresError) {
        let isMissing = error.sqlState == SQLState.undefinedTable
        self.init(
            error.code == .connectionUnavailable ? .unavailable : .failure,
            isMissing ? "the database's schema is behind: run commerce migrate up" : error.description)
    }
}
