import Foundation

/// A program run to its end.
package struct Command: Sendable {
    /// How it ended.
    package let status: ExitStatus
    /// What it wrote to standard output.
    package let output: String
    /// What it wrote to standard error.
    package let error: String

    /// Runs `arguments` (a path or a name in PATH first) with exactly this environment and waits for the end.
    ///
    /// Throws ``TestFailure`` where it cannot start or takes longer than `seconds` (then it is killed).
    package static func run(
        _ arguments: [String], environment: [String: String] = Command.plain, directory: String = "/", seconds: Double = 60
    ) throws -> Command {
        let files = try ScratchDirectory("command")
        let output = files.path + "/output"
        let error = files.path + "/error"
        let process = try ChildProcess(
            arguments, environment: environment, directory: directory, output: output, error: error)
        let status = try process.wait(seconds: seconds)
        return Command(status: status, output: readText(output), error: readText(error))
    }

    /// The same, and throws ``TestFailure`` with what it said where it does not exit with 0. Gives its standard output.
    @discardableResult
    package static func check(
        _ arguments: [String], environment: [String: String] = Command.plain, directory: String = "/", seconds: Double = 60
    ) throws -> String {
        let done = try run(arguments, environment: environment, directory: directory, seconds: seconds)
        guard done.status == .exited(0) else {
            throw TestFailure("\(arguments.joined(separator: " ")): \(done.status): \(done.error)\(done.output)")
        }
        return done.output
    }

    /// The environment of a command that needs nothing special.
    package static var plain: [String: String] {
        ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
    }
}
