import Foundation
import Synchronization
import TestSupport
import Testing

/// More comes than can be done: the service takes on what it can, says no to the rest, and always says how it is.
@Suite("Overload", .serialized)
struct AdmissionTests {
    /// What clients got; and whether they are to stop.
    private final class Tally: Sendable {
        let done = Atomic<Int>(0)
        let refused = Atomic<Int>(0)
        let isOver = Atomic<Bool>(false)
    }

    private static func count(_ answers: [Answer], _ status: Int) -> Int { answers.count { $0.status == status } }

    /// Everyone at once, each on a connection of its own.
    private static func ask(
        _ count: Int, _ service: ServiceProcess, from address: String = "127.0.0.1",
        _ ask: @escaping @Sendable (HTTPTestClient) throws -> HTTPTestResponse
    ) async throws -> [Answer] {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            for _ in 0..<count {
                group.addTask { try await onOwnThread { Answer(try ask(service.client(seconds: 40))) } }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    private static func order(_ client: HTTPTestClient) throws -> HTTPTestResponse {
        let attempt = OrderAttempt()
        return try client.request("POST", "/v1/orders", headers: [("Idempotency-Key", attempt.key)], json: attempt.body)
    }

    @Test(
        "with the database frozen and every place taken, the rest gets 503 soon, what is in memory and health are answered, and all recovers"
    )
    func frozen() async throws {
        let stage = try Stage()
        let metricsPort = try FreePort.find()
        let service = try await stage.serve(
            ["MAX_IN_FLIGHT": "8", "ADMISSION_QUEUE": "10", "ADMISSION_TIMEOUT": "300ms", "METRICS_PORT": "\(metricsPort)"])
        try await service.waitUntilWell()
        let warm = try await Self.ask(8, service) { client in
            for path in FaultGoods.warmPaths { _ = try client.request("GET", path) }
            return try client.request("GET", FaultGoods.warmPaths[0])
        }
        #expect(Self.count(warm, 200) == 8)

        try await stage.act { $0.postgres.freeze() }
        let began = ContinuousClock.now
        async let orders = Self.ask(80, service, Self.order)
        try await Task.sleep(for: .milliseconds(150))
        let during = try await MetricsScrape.read(port: metricsPort)
        // While all of that hangs.
        var slowest = Duration.zero
        for _ in 0..<20 {
            let asked = ContinuousClock.now
            for path in ["/health", "/health/live", FaultGoods.warmPaths[0]] {
                let answer = Answer(try await service.client(seconds: 10).request("GET", path))
                #expect(answer.status == 200, "\(path): \(answer.response.text)")
            }
            slowest = max(slowest, ContinuousClock.now - asked)
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(slowest < .seconds(3))
        let answers = try await orders
        #expect(ContinuousClock.now - began < .seconds(20))
        try await stage.act { $0.postgres.resume() }

        // At most eight were ever begun, so the pool, of twenty, had no more to do.
        #expect(during.sum(#"http_server_admission_requests{state="in_flight"}"#) <= 8)
        #expect(during.sum("http_server_admission_requests") > 0)
        let refused = answers.filter { $0.code == "overloaded" }
        #expect(refused.count >= 60, "\(refused.count) of \(answers.count)")
        #expect(answers.allSatisfy { $0.status == 503 || $0.status == 201 })
        for answer in answers where answer.status == 503 {
            let seconds = answer.header("Retry-After").flatMap(Int.init) ?? 0
            #expect((1...3).contains(seconds) && answer.header("Content-Type") == "application/problem+json")
        }
        let after = try await MetricsScrape.read(port: metricsPort)
        #expect(Int(after.sum("http_server_sheds_total")) == refused.count)
        #expect(after.sum(#"http_server_sheds_total{reason="queue_full"}"#) > 0)

        try await service.waitUntilWell()
        let back = ContinuousClock.now
        while try await Self.ask(1, service, Self.order)[0].status != 201 {
            #expect(ContinuousClock.now - back < .seconds(10))
            if ContinuousClock.now - back > .seconds(10) { break }
        }
        let well = try await Self.ask(6, service, Self.order)
        #expect(Self.count(well, 201) == 6)
        let end = try await MetricsScrape.read(port: metricsPort)
        #expect(end.sum("http_server_admission_requests") == 0)
    }

    @Test("one client with fifty times the connections of another leaves that all it wants")
    func fairness() async throws {
        let stage = try Stage()
        let service = try await stage.serve(["MAX_IN_FLIGHT": "4", "ADMISSION_QUEUE": "20", "TRUSTED_PROXIES": "127.0.0.1"])
        try await service.waitUntilWell()
        // Each order takes a while, so that places are what there is too little of.
        try await stage.execute(
            """
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END $$;
            CREATE TRIGGER slow BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION slow()
            """)
        let (greedy, modest) = (Tally(), Tally())
        @Sendable func shop(_ address: String, _ tally: Tally) {
            let client = service.client(seconds: 40)
            while !tally.isOver.load(ordering: .relaxed) {
                let attempt = OrderAttempt()
                let headers = [("Idempotency-Key", attempt.key), ("X-Forwarded-For", address)]
                guard let answer = try? client.request("POST", "/v1/orders", headers: headers, json: attempt.body) else {
                    continue
                }
                if answer.status == 201 {
                    tally.done.add(1, ordering: .relaxed)
                } else {
                    tally.refused.add(1, ordering: .relaxed)
                }
                // A refused client tries again soon: fifty clients send many times what can be served.
                usleep(10_000)
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { try await onOwnThread { shop("203.0.113.1", greedy) } } }
            // On each of the two loops one.
            for _ in 0..<2 { group.addTask { try await onOwnThread { shop("203.0.113.2", modest) } } }
            group.addTask {
                // As long as it takes on this machine.
                let began = ContinuousClock.now
                while modest.done.load(ordering: .relaxed) < 40, ContinuousClock.now - began < .seconds(40) {
                    try await Task.sleep(for: .milliseconds(50))
                }
                for tally in [greedy, modest] { tally.isOver.store(true, ordering: .relaxed) }
            }
            try await group.waitForAll()
        }
        let (many, few) = (greedy.done.load(ordering: .relaxed), modest.done.load(ordering: .relaxed))
        let (noToMany, noToFew) = (greedy.refused.load(ordering: .relaxed), modest.refused.load(ordering: .relaxed))
        #expect(noToMany > 50, "the greedy one was refused only \(noToMany) times beside \(many)")
        #expect(few > 20 && noToFew * 4 <= few, "\(few) done, \(noToFew) refused")
        // With 25 times as many at it, it would have a twenty-fifth as they come.
        #expect(few * 8 > many, "\(few) beside \(many)")
    }

    @Test("a client that goes on asking beyond the limit gets no more lines in the log than are of use")
    func log() async throws {
        let stage = try Stage()
        let service = try await stage.serve(["MAX_IN_FLIGHT": "2", "ADMISSION_QUEUE": "0", "LOOPS": "1"])
        try await service.waitUntilWell()
        try await stage.act { $0.postgres.freeze() }
        async let held = Self.ask(2, service, Self.order)
        try await Task.sleep(for: .milliseconds(300))
        let tally = Tally()
        try await onOwnThread {
            let client = service.client(seconds: 40)
            for _ in 0..<600 {
                let answer = Answer(try Self.order(client))
                if answer.code == "overloaded" { tally.refused.add(1, ordering: .relaxed) }
            }
        }
        let refused = tally.refused.load(ordering: .relaxed)
        try await stage.act { $0.postgres.resume() }
        _ = try await held
        #expect(refused > 300)
        try service.waitForLog("\"unlogged\"")
        let lines = service.standardOutput.split(separator: "\n").filter { $0.contains("\"status\":503") }
        #expect(lines.count >= 100 && lines.count < refused, "\(lines.count)")
    }
}
