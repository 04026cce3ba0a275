import CSystem
import EventLoop

/// All clients, until the last phase is over and answered. Confined to its loop.
final class OpenLoad {
    private let loop: EventLoop
    private let clients: [LoadClient]
    private let done: (String) -> Void
    private var isEnding = false

    init(_ loop: EventLoop, port: UInt16, _ specifications: [LoadSpecification], done: @escaping (String) -> Void) {
        self.loop = loop
        self.done = done
        let start = csystem_monotonic() + 50_000_000
        clients = specifications.map { LoadClient($0, loop: loop, port: port, start: start) }
    }

    func start() {
        let now = csystem_monotonic()
        for client in clients { client.turn(now) }
        if !isEnding, clients.allSatisfy(\.isOver) {
            isEnding = true
            // What is still under way has a moment.
            loop.schedule(after: .seconds(2)) { [self] in
                let parts = clients.map { "\"\($0.name)\":[\($0.tallies.map(\.json).joined(separator: ","))]" }
                done("{" + parts.joined(separator: ",") + "}")
            }
        }
        loop.schedule(after: .microseconds(500)) { self.start() }
    }
}
