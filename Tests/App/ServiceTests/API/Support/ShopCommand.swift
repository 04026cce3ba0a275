import TestSupport

extension Shop {
    /// Runs the program beside the services, with the login that migrates.
    /// - Parameter input: what it reads from standard input
    func command(_ arguments: [String], input: String = "") async throws -> Command {
        let program = try TestEnvironment.read().commerce
        let url = database.url
        return try await onOwnThread {
            try Command.run(
                ["/bin/sh", "-c", #"printf '%s' "$INPUT" | "$0" "$@""#, program] + arguments,
                environment: Command.plain.merging(["DATABASE_URL": url, "INPUT": input]) { $1 })
        }
    }
}
