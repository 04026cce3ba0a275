import ArgumentParser
import Glibc

/// `commerce healthcheck`: for the container runtime, which has no curl inside the image.
struct HealthcheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Checks that the service on this machine is alive. The exit code is 0 or 1.",
        discussion:
            "Sends GET /health/live to HOST (to this machine if it is 0.0.0.0 or ::, or not set) and PORT (default "
            + "8080), and waits at most 3 seconds.")

    func run() throws {
        let text = Environment.variables["PORT"].flatMap { $0.isEmpty ? nil : $0 } ?? "8080"
        let host = Environment.variables["HOST"].flatMap { $0.isEmpty ? nil : $0 } ?? "0.0.0.0"
        guard let port = UInt16(text), port > 0 else {
            throw Failure(.configuration, "PORT is not a port number")
        }
        let answer = try LivenessProbe(listening: host, port: port, seconds: 3).ask()
        guard answer == 200 else { throw Failure(.failure, "the service answers \(answer)") }
    }
}
