import EventLoop
import Formats
import Foundation
import PostgresClient
import Synchronization
import TestSupport
import Testing

@testable import Events

/// What is known about targets belongs to all workers and not to one.
@Suite("Health of targets")
struct TargetHealthTests {
    private static var fast: RelaySettings {
        var settings = RelaySettings()
        settings.retries.first = .milliseconds(1)
        settings.retries.longest = .milliseconds(300)
        return settings
    }

    private static let delivered = "SELECT count(*) FROM delivery WHERE state = 'delivered'"

    @Test("a target that one worker has found failing is well again once another one delivers to it")
    func workers() async throws {
        let stage = try RelayStage()
        try stage.addTarget("a")
        try stage.insert(1)
        let first = try await stage.start(Self.fast) { _, _, _ in ScriptedTarget.down }
        try await stage.wait(
            until: 1, "SELECT count(*) FROM event_target WHERE failing_since IS NOT NULL AND failed_at IS NOT NULL")
        let second = try await stage.start(Self.fast) { _, _, _ in ScriptedTarget.taken }
        try stage.kill(first)
        try await stage.wait(until: 1, Self.delivered)
        #expect(try stage.number("SELECT count(*) FROM event_target WHERE failing_since IS NULL AND failed_at IS NULL") == 1)
        try stage.kill(second)
    }

    @Test("a failure after a long silence is the first one of a new time of failures")
    func silence() async throws {
        let stage = try RelayStage()
        try stage.addTarget("a")
        _ = try stage.shop.query(
            "UPDATE event_target SET failing_since = now() - interval '9 days', failed_at = now() - interval '6 days'")
        try stage.insert(1)
        _ = try await stage.start(Self.fast) { _, _, attempt in attempt < 3 ? ScriptedTarget.down : ScriptedTarget.taken }
        try await stage.wait(until: 1, Self.delivered)
        await stage.drain()
        #expect(try stage.shop.query("SELECT state, failing_since IS NULL FROM event_target") == "active|t")
    }

    @Test("texts of a target that no column can hold are cleaned, and stop nothing")
    func texts() async throws {
        let stage = try RelayStage()
        try stage.addTarget("a")
        try stage.addTarget("b")
        try stage.insert(1)
        _ = try await stage.start(Self.fast) { target, _, attempt in
            guard target == "a" else { return ScriptedTarget.taken }
            return attempt < 3
                ? .failed(DeliveryReport(duration: .zero, answer: "\u{0}\u{1b}[1mx\ny", error: "a\u{0}b\r\n\u{202E}c"))
                : ScriptedTarget.taken
        }
        try await stage.wait(until: 2, Self.delivered)
        await stage.drain()
        #expect(ReportText.line("a\u{0}b\r\n\u{202E}c", longest: 100) == "ab  c")
        #expect(ReportText.line("\u{0}", longest: 100) == nil && ReportText.line("äöü", longest: 5) == "äö")
    }

    @Test("a process whose settings lack a target does not take it from the others; after a day without any it is disabled")
    func configured() async throws {
        let stage = try RelayStage()
        let mail = EventTarget(id: EventTarget.configured(.mail), kind: .mail, address: "m", events: ["*"])
        let with = try await stage.start(configured: [mail]) { _, _, _ in ScriptedTarget.taken }
        try await stage.wait(until: 1, "SELECT count(*) FROM event_target WHERE state = 'active'")
        let without = try await stage.start { _, _, _ in ScriptedTarget.taken }
        try stage.insert(5)
        try await stage.wait(until: 5, Self.delivered)
        #expect(try stage.number("SELECT count(*) FROM event_target WHERE state = 'active'") == 1)
        try stage.kill(with)
        try stage.kill(without)
        _ = try stage.shop.query("UPDATE event_target SET configured_at = now() - interval '25 hours'")
        _ = try await stage.start { _, _, _ in ScriptedTarget.taken }
        try await stage.wait(until: 1, "SELECT count(*) FROM event_target WHERE state = 'disabled'")
        _ = try await stage.start(configured: [mail]) { _, _, _ in ScriptedTarget.taken }
        try await stage.wait(until: 1, "SELECT count(*) FROM event_target WHERE state = 'active' AND reason IS NULL")
        await stage.drain()
    }
}
