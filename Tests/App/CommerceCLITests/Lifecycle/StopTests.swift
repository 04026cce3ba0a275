import Foundation
import Testing
import TestSupport

/// SIGINT, for a person at a terminal; and what a shutdown does with what does not end.
@Suite("Stopping")
struct StopTests {
    @Test("SIGINT finishes what is in flight, without the drain's delay, and exits with 0")
    func interrupt() async throws {
        let shop = try LifecycleShop()
        let service = try await shop.serve(["DRAIN_DELAY": "60s", "DRAIN_TIMEOUT": "90s", "DATABASE_LOCK_TIMEOUT": "30s"])
        try await service.waitForHealth("ok")
        let holder = try await shop.holdStock(seconds: 5)
        async let order = onOwnThread { try service.client().buy() }
        try await shop.waitForBlockedOrder()
        let began = ContinuousClock.now
        service.send(signal: SIGINT)
        #expect(try await order.status == 201)
        #expect(try await onOwnThread { try service.waitForExit(seconds: 30) } == .exited(0))
        #expect(ContinuousClock.now - began < .seconds(25))
        try await holder.value
        #expect(try await shop.orders() == "1")
        #expect(service.standardError.isEmpty)
    }

    @Test("a second SIGINT ends it at once, with 130; the order in flight is there or not, with its key")
    func twice() async throws {
        let shop = try LifecycleShop()
        let service = try await shop.serve(["DATABASE_LOCK_TIMEOUT": "30s"])
        try await service.waitForHealth("ok")
        let holder = try await shop.holdStock(seconds: 8)
        async let order = onOwnThread { try? service.client().buy() }
        try await shop.waitForBlockedOrder()
        service.send(signal: SIGINT)
        try await Task.sleep(for: .milliseconds(300))
        #expect(service.exitStatus == nil)
        service.send(signal: SIGINT)
        #expect(try await onOwnThread { try service.waitForExit(seconds: 4) } == .exited(130))
        #expect(try await order == nil)
        try await holder.value
        let left = try await shop.database.execute("SELECT (SELECT count(*) FROM orders) = (SELECT count(*) FROM idempotency)")
        #expect(left == "t")
    }

    @Test("a stop while connections are being made, with all their cryptography, is as clean: 25 in a row")
    func early() async throws {
        let server = try PostgresServer(authentication: .password("secret"))
        try await onOwnThread {
            for _ in 0..<25 {
                let service = try ServiceProcess(environment: ["DATABASE_URL": server.url, "DRAIN_DELAY": "0s"])
                let status = try service.terminate()
                #expect(status == .exited(0))
                #expect(service.standardError.isEmpty)
            }
        }
    }

    @Test("SIGINT ends a drain that is under way at once")
    func interruptedDrain() async throws {
        let shop = try LifecycleShop()
        let service = try await shop.serve(["DRAIN_DELAY": "60s", "DRAIN_TIMEOUT": "90s"])
        service.send(signal: SIGTERM)
        try await service.waitForHealth("draining")
        service.send(signal: SIGINT)
        #expect(try await onOwnThread { try service.waitForExit(seconds: 20) } == .exited(130))
    }

    @Test("a request that does not end does not hold up the end: DRAIN_TIMEOUT is the most it takes")
    func timeout() async throws {
        let shop = try LifecycleShop()
        let service = try await shop.serve(
            ["DRAIN_DELAY": "0s", "DRAIN_TIMEOUT": "3s", "DATABASE_LOCK_TIMEOUT": "60s", "DATABASE_STATEMENT_TIMEOUT": "60s"])
        try await service.waitForHealth("ok")
        let holder = try await shop.holdStock(seconds: 20)
        async let order = onOwnThread { try? service.client().buy() }
        try await shop.waitForBlockedOrder()
        let began = ContinuousClock.now
        #expect(try await onOwnThread { try service.terminate(seconds: 18) } == .exited(0))
        #expect(ContinuousClock.now - began < .seconds(15))
        #expect(try await order?.status != 201)
        holder.cancel()
        try shop.database.drop()
    }

    @Test(
        "a transaction that the database holds does not hold up the end, not even of a frozen backend: exit status 0, and the last lines are there"
    )
    func heldTransaction() async throws {
        let shop = try LifecycleShop()
        let service = try await shop.serve(
            ["DRAIN_DELAY": "0s", "DRAIN_TIMEOUT": "2s", "DATABASE_LOCK_TIMEOUT": "60s", "DATABASE_STATEMENT_TIMEOUT": "60s"])
        try await service.waitForHealth("ok")
        let holder = try await shop.holdStock(seconds: 60)
        async let order = onOwnThread { try? service.client().buy() }
        try await shop.waitForBlockedOrder()
        // Frozen, so that being told to stop does not end its statement either.
        let session = try await shop.database.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' LIMIT 1")
        let backend = try #require(pid_t(session))
        kill(backend, SIGSTOP)
        defer { kill(backend, SIGCONT) }
        #expect(try await onOwnThread { try service.terminate(seconds: 50) } == .exited(0))
        // The lock is held still: the end did not wait for it.
        let isHeld = try await shop.database.execute(
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(60%' AND state = 'active'"
        )
        #expect(isHeld == "t")
        #expect(try await order?.status != 201)
        let lines = service.standardOutput.split(separator: "\n")
        #expect(lines.last?.contains("stopped") == true, "\(lines.last ?? "")")
        #expect(service.standardError.isEmpty)
        kill(backend, SIGCONT)
        holder.cancel()
        try shop.database.drop()
    }

    @Test("a service without its database stops as quickly")
    func withoutDatabase() async throws {
        let postgres = try PostgresServer()
        let service = try await onOwnThread {
            try ServiceProcess(environment: ["DATABASE_URL": postgres.url, "DRAIN_DELAY": "0s"])
        }
        postgres.freeze()
        defer { postgres.resume() }
        async let read = onOwnThread { try? service.client().request("GET", "/v1/products") }
        try await Task.sleep(for: .milliseconds(300))
        #expect(try await onOwnThread { try service.terminate(seconds: 40) } == .exited(0))
        _ = try await read
    }
}
