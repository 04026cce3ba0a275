import Configuration
import Formats
import HTTPServer
import HTTPTypes
import Testing
import TestSupport
import Web

@testable import Service

/// What `/health` keeps must never be older than what it would say.
@Suite struct HealthRoutesTests {
    @Test func whatIsKeptIsWhatWouldBeSaid() {
        var random = SeededGenerator(seed: 14)
        let board = HealthStatus(started: 1_000)
        let routes = HealthRoutes(status: board)
        var now: UInt64 = 1_000
        for _ in 0..<3_000 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0: board.update { $0.schema = [.unknown, .behind, .current].randomElement(using: &random) ?? .unknown }
            case 1:
                let latency = UInt64.random(in: 0...5_000_000, using: &random)
                board.update { $0.postgres = HealthState.Check(isUp: latency % 2 == 0, latency: latency) }
            case 2: board.update { $0.isDraining.toggle() }
            case 3: now += UInt64.random(in: 0...1_500_000_000, using: &random)
            default: now += UInt64.random(in: 0...300_000_000, using: &random)
            }
            let response = routes.health(at: now)
            let state = board.now
            #expect(response.body == state.json(at: now, version: Version.text))
            #expect(response.status.code == (state.status(at: now).isServing ? 200 : 503))
        }
    }
}
