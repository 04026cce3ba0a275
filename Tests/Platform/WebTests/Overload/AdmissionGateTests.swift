import CoreMetrics
import EventLoop
import HTTPServer
import HTTPTypes
import Logging
import Testing
import WebTestSupport

@testable import Web

@Suite struct AdmissionGateTests {
    private static func settings(_ most: Int, queue: Int = 100, timeout: Duration = .seconds(30)) -> AdmissionSettings {
        var settings = AdmissionSettings()
        settings.minimum = 1
        settings.maximum = most
        settings.initial = most
        settings.queueLength = queue
        settings.timeout = timeout
        settings.lag = .seconds(3_600)
        return settings
    }

    private static func gate(_ loop: EventLoop, _ settings: AdmissionSettings) -> AdmissionGate {
        AdmissionGate(loop: loop, settings: settings, metrics: NOOPMetricsHandler.instance)
    }

    private final class Tally {
        var inFlight = 0
        var most = 0
        var done = 0
        var shed: [OverloadError.Reason] = []
        var cancelled = 0
    }

    /// Work that takes a few turns.
    private static func work(
        _ gate: AdmissionGate, _ kind: AdmissionWork, _ tally: Tally, _ loop: EventLoop, for time: Duration
    ) async {
        let context = RequestContext(Request(.get, "/", on: loop))
        do {
            try await gate.admit(context, to: kind) {
                tally.inFlight += 1
                tally.most = max(tally.most, tally.inFlight)
                defer { tally.inFlight -= 1 }
                try await loop.sleep(for: time)
            }
            tally.done += 1
        } catch let shed as OverloadError {
            tally.shed.append(shed.reason)
        } catch {
            tally.cancelled += 1
        }
    }

    private static func runAll(
        _ count: Int, _ settings: AdmissionSettings, for time: Duration = .milliseconds(1), cancelAfter: Duration? = nil
    ) async throws -> (most: Int, done: Int, shed: [OverloadError.Reason], cancelled: Int) {
        try await onLoop { loop in
            let (gate, tally) = (Self.gate(loop, settings), Tally())
            let kind = gate.work()
            let tasks = (0..<count).map { _ in loop.run { await Self.work(gate, kind, tally, loop, for: time) } }
            if let cancelAfter {
                try await loop.sleep(for: cancelAfter)
                for task in tasks { task.cancel() }
            }
            for task in tasks { await task.value }
            return (tally.most, tally.done, tally.shed, tally.cancelled)
        }
    }

    @Test func noMoreWorkThanTheLimitRunsAndAllOfItFinishes() async throws {
        let seen = try await Self.runAll(60, Self.settings(4))
        #expect(seen.most == 4 && seen.done == 60)
    }

    @Test func requestsBeyondTheQueueAreRefusedAtOnce() async throws {
        let seen = try await Self.runAll(60, Self.settings(4, queue: 10), for: .milliseconds(100))
        #expect(seen.done == 14 && seen.shed.count == 46)
        #expect(seen.shed.allSatisfy { $0 == .queueFull })
    }

    @Test func workThatWaitsTooLongIsRefused() async throws {
        let seen = try await Self.runAll(10, Self.settings(2, timeout: .milliseconds(50)), for: .milliseconds(1_000))
        #expect(seen.done == 2 && seen.shed.count == 8)
        #expect(seen.shed.allSatisfy { $0 == .queueTimeout })
    }

    @Test func cancelledWorkLeavesItsPlaceToOthers() async throws {
        let seen = try await Self.runAll(10, Self.settings(2), for: .seconds(30), cancelAfter: .milliseconds(50))
        #expect(seen.cancelled == 10 && seen.done == 0)
        // The places are free again.
        let after = try await onLoop { loop in
            let (gate, tally) = (Self.gate(loop, Self.settings(1)), Tally())
            let kind = gate.work()
            let gone = loop.run { await Self.work(gate, kind, tally, loop, for: .seconds(30)) }
            let waiting = loop.run { await Self.work(gate, kind, tally, loop, for: .milliseconds(1)) }
            gone.cancel()
            await waiting.value
            return tally.done
        }
        #expect(after == 1)
    }

    @Test func workWithoutSuspensionPassesOneByOne() async throws {
        let done = try await onLoop { loop in
            let gate = Self.gate(loop, Self.settings(1, queue: 0))
            let kind = gate.work()
            var done = 0
            for _ in 0..<1_000 { done += try await gate.admit(RequestContext(Request(.get, "/", on: loop)), to: kind) { 1 } }
            return done
        }
        #expect(done == 1_000)
    }

    @Test func overloadIs503ButNotForHealthChecksAndUploads() async throws {
        let (sheds, vital) = try await onLoop { loop in
            let router = Router(gate: Self.gate(loop, Self.settings(1, queue: 0)), metrics: NOOPMetricsHandler.instance)
            router.get("/health", .quiet) { _ in .noContent }
            router.post("/upload", RouteOptions(access: .everyone, body: BodyPolicy(isStreamed: true))) { _ in .noContent }
            router.get("/slow") { context in
                try await loop.sleep(for: .milliseconds(200))
                return .noContent
            }
            let application = Application(
                router: router, logger: LogJournal().logger, metrics: NOOPMetricsHandler.instance)
            let first = loop.run { _ = await application.respond(to: Request(.get, "/slow", on: loop)) }
            var sheds: [Response] = []
            for _ in 0..<4 { sheds.append(await application.respond(to: Request(.get, "/slow", on: loop))) }
            let health = await application.respond(to: Request(.get, "/health", on: loop))
            let upload = await application.respond(to: Request(.post, "/upload", on: loop))
            await first.value
            return (sheds, [health, upload])
        }
        #expect(vital.map(\.status) == [.noContent, .noContent])
        for shed in sheds {
            #expect(shed.status == .serviceUnavailable)
            #expect(["1", "2", "3"].contains(shed.headers[.retryAfter]))
            #expect(shed.headers[.contentType] == "application/problem+json")
            #expect(shed.headers[.cacheControl] == "no-store")
            let id = try #require(shed.headers[.xRequestID])
            #expect(shed.text.contains(#""code":"overloaded","request_id":"\#(id)""#))
        }
        #expect(Set(sheds.compactMap { $0.headers[.retryAfter] }).count == 3)
    }
}
