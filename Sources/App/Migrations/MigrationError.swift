/// Why migrations did not get done, in a line or a few for the operator.
package struct MigrationError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The files can't be read.
        case unreadable
        /// Files, or files and database, contradict each other.
        case refused
        /// The database is out of reach.
        case unavailable
        /// Another migrator was at work for too long.
        case busy
        /// PostgreSQL refused a file.
        case failed
    }

    package let code: Code
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    init(_ faults: MigrationFaults) {
        self.init(.refused, faults.description)
    }
}
