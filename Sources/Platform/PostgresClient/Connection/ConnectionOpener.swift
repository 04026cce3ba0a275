import Dispatch
import EventLoop

/// Opens connections on threads of their own, as libpq's connecting blocks. Confined to its loop.
// Unchecked: confined to its loop; what its threads bring is handed to the loop.
final class ConnectionOpener: @unchecked Sendable {
    private let loop: EventLoop
    private let configuration: PostgresConfiguration
    private let limits: Bool
    /// Serial queues without work. Dispatch gives each of those a thread, whatever else is blocked.
    private var queues: [DispatchQueue] = []

    /// - Parameter limits: whether the server's limits for statements apply to the sessions
    init(loop: EventLoop, configuration: PostgresConfiguration, limits: Bool) {
        self.loop = loop
        self.configuration = configuration
        self.limits = limits
    }

    /// Opens a connection, and hands it to `done` on the loop.
    func open(_ done: @escaping (Result<PostgresHandle, PostgresError>) -> Void) {
        let queue = queues.popLast() ?? DispatchQueue(label: "postgres.connect")
        let (parameters, file) = (configuration.connectionParameters(limits: limits), configuration.passwordFile)
        // Safe: called on the loop, where it was made.
        nonisolated(unsafe) let done = done
        queue.async { [loop] in
            let result = Result { () throws(PostgresError) in try PostgresHandle.connect(parameters, passwordFile: file) }
            loop.execute {
                self.queues.append(queue)
                done(result)
            }
        }
    }
}
