import ArgumentParser
import Configuration
import Service

/// `commerce worker`
struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Relays events and runs jobs, until SIGTERM or SIGINT.",
        discussion: """
            Any number of workers share the work. `commerce serve` has a worker of its own unless WORKER=off is set. The settings are \
            those of `commerce serve`. GET /health and /health/live are on HOST and WORKER_PORT. A signal lets the worker finish what \
            it is doing, for DRAIN_TIMEOUT at most.

            Exit codes: 0 stopped by a signal; 69 it cannot start, for example because a port is taken; 78 invalid configuration.
            """)

    func run() throws {
        let configuration = try Environment.configuration(for: .worker)
        try Environment.checkLibraries()
        do { try WorkerProcess.run(configuration) } catch { throw CommandError(.unavailable, error.description) }
    }
}
