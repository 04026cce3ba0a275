import Foundation

/// The `commerce` program running, as it runs in production: its own process, told by arguments and environment.
package final class ServiceProcess: Sendable {
    /// Its HTTP port on 127.0.0.1.
    package let port: UInt16
    private let directory: ScratchDirectory
    private let process: ChildProcess

    /// Starts it, by default `commerce serve`, and waits until it answers `GET /health/live` where `ready` says so.
    ///
    /// The environment is the one given and no more, except that PATH, HOST (127.0.0.1), PORT (a free one) and
    /// RATE_LIMIT (off) are added where missing. It runs in the project's top directory. Throws ``TestFailure`` with what it logged where it ends or
    /// does not answer within `seconds`. `wrapper` is a command that becomes the program it is given.
    package init(
        _ arguments: [String] = ["serve"], environment: [String: String], through wrapper: [String] = [], ready: Bool = true,
        seconds: Double = 60
    ) throws {
        let test = try TestEnvironment.read()
        let free = try FreePort.find()
        var environment = Command.plain.merging(environment) { _, given in given }
        environment["HOST"] = environment["HOST"] ?? "127.0.0.1"
        port = environment["PORT"].flatMap(UInt16.init) ?? free
        environment["PORT"] = environment["PORT"] ?? "\(free)"
        // All clients of a test have one address.
        environment["RATE_LIMIT"] = environment["RATE_LIMIT"] ?? "off"
        directory = try ScratchDirectory("service")
        process = try ChildProcess(
            wrapper + [test.commerce] + arguments, environment: environment, directory: test.root,
            output: directory.path + "/output", error: directory.path + "/error")
        guard ready else { return }
        let answered = Deadline(seconds: seconds).poll(every: 20) {
            process.exitStatus != nil || (try? client(seconds: 5).request("GET", "/health/live").status) == 200
        }
        guard answered, process.exitStatus == nil else {
            let status = process.exitStatus.map { "\($0)" } ?? "still running"
            throw TestFailure("the service does not answer (\(status)): \(standardError)\(standardOutput)")
        }
    }

    /// Its process id.
    package var identifier: Int32 { process.identifier }

    /// How it ended, nil while it runs.
    package var exitStatus: ExitStatus? { process.exitStatus }

    /// What it has written to standard output so far.
    package var standardOutput: String { readText(directory.path + "/output") }

    /// What it has written to standard error so far.
    package var standardError: String { readText(directory.path + "/error") }

    /// A new client of it.
    package func client(seconds: Double = 30) -> HTTPTestClient {
        HTTPTestClient(port: port, seconds: seconds)
    }

    /// Waits until it has written `text`, to either output. Throws ``TestFailure`` where it does not within `seconds`.
    package func waitForLog(_ text: String, seconds: Double = 30) throws {
        let written = Deadline(seconds: seconds).poll(every: 20) {
            standardOutput.contains(text) || standardError.contains(text)
        }
        guard written else { throw TestFailure("no \"\(text)\" in what it wrote: \(standardError)\(standardOutput)") }
    }

    /// Sends it a signal.
    package func send(signal: Int32) {
        process.send(signal: signal)
    }

    /// Waits until it ends by itself.
    @discardableResult
    package func waitForExit(seconds: Double = 60) throws -> ExitStatus {
        try process.wait(seconds: seconds)
    }

    /// Asks it to end (SIGTERM) and waits until it has drained.
    @discardableResult
    package func terminate(seconds: Double = 60) throws -> ExitStatus {
        process.send(signal: SIGTERM)
        return try process.wait(seconds: seconds)
    }

    /// Kills it (SIGKILL).
    package func kill() {
        process.kill()
    }

    /// Runs the program to its end, as for `commerce migrate up`; same environment and directory as a service.
    package static func run(
        _ arguments: [String], environment: [String: String], seconds: Double = 120
    ) throws -> Command {
        let test = try TestEnvironment.read()
        return try Command.run(
            [test.commerce] + arguments, environment: Command.plain.merging(environment) { _, given in given },
            directory: test.root, seconds: seconds)
    }
}
