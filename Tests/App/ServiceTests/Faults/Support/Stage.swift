import Foundation
import TestSupport
import Testing

/// A shop whose servers a test may harm: PostgreSQL and Redis of its own, and the real program on them.
final class Stage: Sendable {
    let postgres: PostgresServer
    let redis: RedisServer

    /// - Parameter postgresMegabytes: the size of PostgreSQL's own disk, where it has one
    init(
        redisPassword: String? = nil, redisSettings: [String: String] = [:], postgresPassword: String? = nil,
        postgresSettings: [String: String] = [:], postgresMegabytes: Int? = nil
    ) throws {
        postgres = try PostgresServer(
            authentication: postgresPassword.map { .password($0) } ?? .trust, settings: postgresSettings,
            megabytes: postgresMegabytes)
        redis = try RedisServer(password: redisPassword, settings: redisSettings)
        try Self.migrate(postgres)
        try postgres.execute(Goods.statements(FaultGoods.shelf))
    }

    private static func migrate(_ postgres: PostgresServer) throws {
        let done = try ServiceProcess.run(["migrate", "up"], environment: ["DATABASE_URL": postgres.url])
        guard done.status == .exited(0) else { throw TestFailure("migrate up: \(done.error)\(done.output)") }
    }

    /// Starts a service; a setting that is empty counts as not set.
    func serve(_ settings: [String: String] = [:], through wrapper: [String] = []) async throws -> ServiceProcess {
        let common = [
            "DATABASE_URL": postgres.url, "REDIS_URL": redis.url, "LOG_FORMAT": "json", "DRAIN_DELAY": "0s", "LOOPS": "2",
        ]
        return try await onOwnThread {
            try ServiceProcess(environment: common.merging(settings) { _, given in given }, through: wrapper)
        }
    }

    /// Runs SQL in the shop's database without blocking the caller's thread.
    @discardableResult
    func execute(_ sql: String) async throws -> String {
        try await onOwnThread { try self.postgres.execute(sql) }
    }

    /// Does what blocks, with the stage.
    func act(_ body: @escaping @Sendable (Stage) throws -> Void) async throws {
        try await onOwnThread { try body(self) }
    }

    // MARK: Checks

    /// That every order asked for is there once and only once: what was acknowledged is what a repetition gets, and the
    /// rest can be had with its key now; by the server that is the primary by now.
    func settle(_ journal: Journal, at port: UInt16, by server: PostgresServer? = nil) async throws {
        let server = server ?? postgres
        let known = journal.orders
        let groups = journal.attempts.enumerated().reduce(into: [[OrderAttempt]](repeating: [], count: 4)) { groups, attempt in
            groups[attempt.offset % groups.count].append(attempt.element)
        }
        var placed: [String: String] = [:]
        try await withThrowingTaskGroup(of: Settled.self) { tasks in
            for group in groups {
                tasks.addTask { try await onOwnThread { try Self.repeatAll(group, known: known, at: port) } }
            }
            for try await some in tasks {
                #expect(some.faults.isEmpty, "\(some.faults.prefix(5))")
                placed.merge(some.placed) { first, _ in first }
            }
        }
        #expect(Set(placed.values).count == placed.count, "one order was given out for two keys")
        let count = try await onOwnThread { try server.execute("SELECT count(*) FROM orders") }
        #expect(count == "\(placed.count)", "orders and keys differ in number")
        let violations = try await onOwnThread { try server.execute(Invariants.statements) }
        #expect(violations.isEmpty, "\(violations.prefix(2_000))")
    }

    private struct Settled {
        /// Orders by their keys.
        var placed: [String: String] = [:]
        var faults: [String] = []
    }

    private static func repeatAll(
        _ attempts: [OrderAttempt], known: [String: Set<String>], at port: UInt16
    ) throws -> Settled {
        let http = HTTPTestClient(port: port)
        var settled = Settled()
        for attempt in attempts {
            // A server's process whose client was killed holds its locks until it notices.
            let deadline = Deadline(seconds: 20)
            var answer: Answer
            repeat {
                answer = Answer(
                    try http.request("POST", "/v1/orders", headers: [("Idempotency-Key", attempt.key)], json: attempt.body))
                if answer.status == 201 { break }
                usleep(100_000)
            } while !deadline.isOver
            guard answer.status == 201 else {
                settled.faults.append("no order for a key: \(answer.response.text)")
                continue
            }
            let id = answer["id"].text
            settled.placed[attempt.key] = id
            guard let orders = known[attempt.key] else { continue }
            if orders != [id] { settled.faults.append("acknowledged as \(orders), now \(id)") }
            if answer.header("Idempotent-Replayed") != "true" { settled.faults.append("an acknowledged order was placed again") }
        }
        return settled
    }
}

extension ServiceProcess {
    /// What `/health` says.
    func health() throws -> Answer { Answer(try client(seconds: 10).request("GET", "/health")) }

    /// Waits until `/health` answers so; how long that took.
    @discardableResult
    func waitForHealth(
        seconds: Double = 30, _ isSo: @escaping @Sendable (Answer) -> Bool
    ) async throws -> Duration {
        let began = ContinuousClock.now
        try await onOwnThread {
            let client = self.client(seconds: 10)
            var last = ""
            let came = Deadline(seconds: seconds).poll(every: 20) {
                guard let answer = try? Answer(client.request("GET", "/health")) else { return false }
                last = answer.response.text
                return isSo(answer)
            }
            guard came else { throw TestFailure("after \(seconds) s health still is \(last)") }
        }
        return ContinuousClock.now - began
    }

    /// Waits until all is well.
    @discardableResult
    func waitUntilWell(seconds: Double = 30) async throws -> Duration {
        try await waitForHealth(seconds: seconds) { $0.status == 200 && $0["status"] == "ok" }
    }
}
