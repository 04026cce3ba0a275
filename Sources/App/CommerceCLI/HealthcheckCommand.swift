import ArgumentParser
import Glibc

/// `commerce healthcheck`: for the container runtime, which has no curl inside the image.
struct HealthcheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Asks the service on this machine whether it lives; exit code 0 or 1.",
        discussion:
            "Asks GET /health/live on the address of HOST (on this machine itself where that is 0.0.0.0 or ::, or not set) "
            + "and the port of PORT (default 8080), for 3 seconds at most.")

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
