import CSystem
import EventLoop
import Glibc

/// One client: makes its requests at random moments, at a given rate on average. Confined to its loop.
final class LoadClient {
    /// A browser has a few, a load balancer some hundreds.
    private static let mostConnections = 1_500

    private let specification: LoadSpecification
    private let loop: EventLoop
    private let port: UInt16
    private var idle: [LoadConnection] = []
    private var connections = 0
    /// When those were meant to be sent that have no connection yet, and in which phase.
    private var waiting: [(phase: Int, due: UInt64)] = []
    private var firstWaiting = 0
    private var next: UInt64
    private var phase = 0
    private var phaseEnd: UInt64
    private var number = 0
    private let run = UInt64.random(in: .min ... .max)
    private(set) var tallies: [LoadTally]
    var isOver: Bool { phase >= specification.phases.count }

    init(_ specification: LoadSpecification, loop: EventLoop, port: UInt16, start: UInt64) {
        self.specification = specification
        self.loop = loop
        self.port = port
        next = start + Self.gap(specification.phases[0])
        var begin = start
        tallies = specification.phases.map { phase in
            defer { begin += UInt64(phase.seconds * 1e9) }
            return LoadTally(begin: begin)
        }
        phaseEnd = start + UInt64(specification.phases[0].seconds * 1e9)
    }

    var name: String { specification.name }

    /// Sends what was meant to be sent by now.
    func turn(_ now: UInt64) {
        while !isOver, next <= now {
            if next >= phaseEnd {
                phase += 1
                if isOver { return }
                // Drawn once more at the new rate: at a low one before, the next request may be due after all phases.
                next = phaseEnd + Self.gap(specification.phases[phase])
                phaseEnd += UInt64(specification.phases[phase].seconds * 1e9)
                continue
            }
            tallies[phase].meant += 1
            waiting.append((phase, next))
            next += Self.gap(specification.phases[phase])
        }
        sendWaiting()
    }

    /// Nanoseconds between two requests, exponentially distributed.
    private static func gap(_ phase: LoadSpecification.Phase) -> UInt64 {
        UInt64(-log(Double.random(in: 1e-9..<1)) / phase.rate * 1e9)
    }

    private func sendWaiting() {
        while firstWaiting < waiting.count {
            guard let connection = idle.popLast() ?? connect() else { break }
            let (phase, due) = waiting[firstWaiting]
            firstWaiting += 1
            number += 1
            let request = specification.kind.request(address: specification.address, key: "an-order-of-the-load-\(run)-\(number)")
            connection.send(request) { [self] connection, status in
                tallies[phase].answered(status, due: due, now: csystem_monotonic())
                if let connection { idle.append(connection) } else { connections -= 1 }
                sendWaiting()
            }
        }
        if firstWaiting > 4_096 || firstWaiting == waiting.count {
            waiting.removeFirst(firstWaiting)
            firstWaiting = 0
        }
    }

    private func connect() -> LoadConnection? {
        guard connections < Self.mostConnections, let connection = LoadConnection(loop: loop, port: port) else { return nil }
        connections += 1
        return connection
    }
}
