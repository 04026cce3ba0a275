import PostgresClient

/// Why a command failed: a message for people, an exit code for scripts.
struct CommandError: Error {
    let code: ExitCode
    let message: String

    init(_ code: ExitCode, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// The exit codes of the program (sysexits(3head)).
enum ExitCode: Int32 {
    case success = 0
    /// The command failed.
    case failure = 1
    /// EX_USAGE: the command line is wrong.
    case usage = 64
    /// EX_DATAERR: the input is wrong.
    case data = 65
    /// EX_NOINPUT: the input cannot be read.
    case noInput = 66
    /// EX_UNAVAILABLE: the database cannot be reached.
    case unavailable = 69
    /// EX_SOFTWARE: a bug in the program.
    case software = 70
    /// EX_CONFIG: the settings in the environment are wrong.
    case configuration = 78
}

extension CommandError {
    /// For a statement or connection that failed.
    init(_ error: PostgresError) {
        guard error.code != .connectionUnavailable else {
            let reason = error.message ?? "no reason is known"
            self.init(.unavailable, "the database cannot be reached: \(Terminal.line(reason))")
            return
        }
        switch error.sqlState {
        case SQLState.undefinedTable: self.init(.failure, "the database's schema is behind: run commerce migrate up")
        case SQLState.insufficientPrivilege:
            self.init(.failure, "this database login may not do that: use the login that runs commerce migrate up")
        default: self.init(.failure, error.description)
        }
    }
}
