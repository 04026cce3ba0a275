import Foundation
import TestSupport
import Testing

/// What Prometheus reads from the running service.
@Suite("Metrics")
struct MetricsTests {
    @Test("what was sent is what is counted")
    func counts() async throws {
        let shop = try LifecycleShop()
        let port = try FreePort.find()
        let service = try await shop.serve(["METRICS_PORT": "\(port)"])
        try await service.waitForHealth("ok")
        let before = try await MetricsScrape.read(port: port)
        let client = service.client()
        var bytes = 0
        for _ in 0..<7 { bytes += try await client.request("GET", "/v1/products/lamp").body.count }
        for _ in 0..<3 { #expect(try await client.request("GET", "/v1/products/no-lamp").status == 404) }
        #expect(try await client.request("DELETE", "/v1/products/lamp").status == 405)
        for _ in 0..<2 { #expect(try await onOwnThread { try client.buy() }.status == 201) }
        let after = try await MetricsScrape.read(port: port)

        let rise = { (series: String) in (after[series] ?? 0) - (before[series] ?? 0) }
        let product = "method=\"GET\",route=\"/v1/products/{product}\""
        #expect(rise("http_server_requests_total{\(product),status=\"2xx\"}") == 7)
        #expect(rise("http_server_requests_total{\(product),status=\"4xx\"}") == 3)
        #expect(rise("http_server_requests_total{\(product),status=\"5xx\"}") == 0)
        #expect(rise("http_server_request_duration_seconds_count{\(product)}") == 10)
        #expect(rise("http_server_request_duration_seconds_bucket{\(product),le=\"+Inf\"}") == 10)
        #expect(rise("http_server_request_duration_seconds_sum{\(product)}") > 0)
        #expect(rise("http_server_requests_total{method=\"DELETE\",route=\"none\",status=\"4xx\"}") == 1)
        #expect(rise("http_server_requests_total{method=\"POST\",route=\"/v1/orders\",status=\"2xx\"}") == 2)
        #expect(rise("http_server_problems_total{code=\"not_found\"}") == 3)
        #expect(rise("http_server_response_bytes_total") > Double(bytes))
        #expect(rise("http_server_connections_accepted_total") == 1)
        #expect((after["http_server_connections"] ?? 0) >= 1)
        // The reading itself is no request of the shop's.
        #expect(!after.values.keys.contains { $0.contains("\"/metrics\"") })
        try await onOwnThread { try #expect(service.terminate() == .exited(0)) }
        #expect(!service.standardOutput.contains("\"/metrics\""))
    }

    @Test("what became of each order is counted, by the code of the problem where it was refused")
    func orders() async throws {
        let shop = try LifecycleShop()
        let port = try FreePort.find()
        let service = try await shop.serve(["METRICS_PORT": "\(port)"])
        try await service.waitForHealth("ok")
        let order = { (quantity: Int, key: String) in
            try await service.client().request(
                "POST", "/v1/orders", headers: [("Idempotency-Key", key)],
                json: """
                    {"items":[{"sku":"LAMP","quantity":\(quantity)}],"email":"ada@example.com","shipping_address":{"name":"Ada Moss",\
                    "line1":"1 Fern Row","city":"Leeds","postal_code":"LS1 4AP","country":"GB"}}
                    """)
        }
        struct Refused: Decodable { let code: String }
        try await shop.database.execute("UPDATE stock SET on_hand = 5")
        let keys = (0..<3).map { _ in UUID().uuidString.lowercased() }
        #expect(try await order(2, keys[0]).status == 201)
        #expect(try await order(2, keys[0]).header("Idempotent-Replayed") == "true")
        let short = try await order(4, keys[1]).decode(Refused.self).code
        let wrong = try await order(0, keys[2]).decode(Refused.self).code
        #expect(short != wrong)
        let scrape = try await MetricsScrape.read(port: port)
        for outcome in ["placed", "replayed", short, wrong] {
            #expect(scrape["commerce_orders_total{outcome=\"\(outcome)\"}"] == 1, "\(outcome)")
        }
        #expect(scrape.sum("commerce_orders_total") == 4)
    }

    @Test("the pool's connections and waiters are told, and none is left over")
    func pool() async throws {
        let shop = try LifecycleShop()
        let port = try FreePort.find()
        let service = try await shop.serve([
            "METRICS_PORT": "\(port)", "LOOPS": "1", "DATABASE_POOL_MAX": "2", "DATABASE_POOL_MIN": "1",
            // The worker's connections would count as well.
            "WORKER": "off", "DATABASE_LOCK_TIMEOUT": "30s",
        ])
        try await service.waitForHealth("ok")
        let holder = try await shop.holdStock(seconds: 4)
        async let first = onOwnThread { try service.client().buy() }
        try await shop.waitForBlockedOrder()
        async let second = onOwnThread { try service.client().buy() }
        let waited = try await eventually(port) { $0["commerce_postgres_waiting"] ?? 0 >= 1 }
        #expect(waited["commerce_postgres_connections{state=\"leased\"}"] == 1)
        #expect(waited["commerce_postgres_connections{state=\"shared\"}"] == 1)
        #expect(waited["commerce_postgres_connections{state=\"idle\"}"] == 0)
        #expect(try await first.status == 201)
        #expect(try await second.status == 201)
        try await holder.value
        let calm = try await eventually(port) {
            $0["commerce_postgres_waiting"] == 0 && $0["commerce_postgres_connections{state=\"leased\"}"] == 0
        }
        #expect(calm["commerce_postgres_connections{state=\"idle\"}"] == 1)
        #expect((calm["commerce_postgres_acquire_seconds_count"] ?? 0) >= 2)
        // The second waited for the first, which waited for the lock.
        #expect((calm["commerce_postgres_acquire_seconds_sum"] ?? 0) > 0.5)
        #expect(calm.sum("commerce_postgres_acquire_failures_total") == 0)
        _ = try await eventually(port) { $0["commerce_event_loop_lag_seconds_count"] ?? 0 >= 2 }
    }

    @Test("each layer of the cache tells what it had, and the breaker when Redis is gone")
    func cache() async throws {
        let shop = try LifecycleShop()
        let redis = try RedisServer()
        let (port, other) = (try FreePort.find(), try FreePort.find())
        // The worker has a client of its own for Redis.
        let settings = ["LOOPS": "1", "WORKER": "off", "REDIS_URL": redis.url, "STOCK_TTL": "1h"]
        let service = try await shop.serve(settings.merging(["METRICS_PORT": "\(port)"]) { $1 })
        try await service.waitForHealth("ok")
        let look = { (service: ServiceProcess) in _ = try await service.client().request("GET", "/v1/products/lamp") }
        // It trusts what it keeps once it listens for the catalogue's changes.
        let hit = "commerce_cache_requests_total{layer=\"process\",outcome=\"hit\"}"
        let before = try await eventually(port, after: { try await look(service) }) { $0[hit] ?? 0 >= 1 }
        for _ in 0..<5 { try await look(service) }
        let after = try await MetricsScrape.read(port: port)
        #expect((after[hit] ?? 0) - (before[hit] ?? 0) == 5)
        #expect((after["commerce_cache_requests_total{layer=\"process\",outcome=\"miss\"}"] ?? 0) == 1)
        #expect(after["commerce_redis_breakers_open"] == 0)
        #expect((after["commerce_redis_commands_total{outcome=\"ok\"}"] ?? 0) > 0)
        #expect(after.sum("commerce_redis_commands_total") == after["commerce_redis_commands_total{outcome=\"ok\"}"])

        // Another process finds in Redis what the first has left there.
        let neighbour = try await shop.serve(settings.merging(["METRICS_PORT": "\(other)"]) { $1 })
        _ = try await eventually(other, after: { try await look(neighbour) }) {
            $0["commerce_cache_requests_total{layer=\"redis\",outcome=\"hit\"}"] == 1 && $0[hit] ?? 0 >= 1
        }

        redis.kill()
        // What is not in the process's own layer asks Redis, in vain.
        let ask = { _ = try await service.client().request("GET", "/v1/products/\(UUID().uuidString.lowercased())") }
        _ = try await eventually(port, after: ask) {
            $0["commerce_redis_breakers_open"] == 1
                && $0["commerce_redis_commands_total{outcome=\"breaker_open\"}"] ?? 0 > 0
                && $0["commerce_cache_requests_total{layer=\"redis\",outcome=\"failed\"}"] ?? 0 > 0
        }
    }

    /// Reads, each time after `step`, until what is read is so; what it was at last.
    private func eventually(
        _ port: UInt16, after step: () async throws -> Void = {}, _ condition: (MetricsScrape) -> Bool
    ) async throws -> MetricsScrape {
        let deadline = Deadline(seconds: 20)
        var scrape: MetricsScrape
        repeat {
            try await step()
            scrape = try await MetricsScrape.read(port: port)
            if condition(scrape) { break }
            try await Task.sleep(for: .milliseconds(20))
        } while !deadline.isOver
        #expect(condition(scrape))
        return scrape
    }

    @Test("every metric says what it means, and the process tells of itself")
    func descriptions() async throws {
        let shop = try LifecycleShop()
        let port = try FreePort.find()
        let service = try await shop.serve(["METRICS_PORT": "\(port)"])
        try await service.waitForHealth("ok")
        let scrape = try await MetricsScrape.read(port: port)
        for name in scrape.kinds.keys {
            #expect(scrape.helps[name] != nil, "\(name)")
            #expect((scrape.kinds[name] == "counter") == name.hasSuffix("_total"), "\(name)")
        }
        let now = Date().timeIntervalSince1970
        #expect((now - 120...now).contains(scrape["process_start_time_seconds"] ?? 0))
        #expect((1e6...1e10).contains(scrape["process_resident_memory_bytes"] ?? 0))
        #expect((scrape["process_cpu_seconds_total"] ?? 0) > 0)
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(service.identifier)/fd").count
        #expect(abs((scrape["process_open_fds"] ?? 0) - Double(open)) <= 20)
        #expect((scrape["process_max_fds"] ?? 0) > Double(open))
    }

    @Test("a storm of unknown paths and methods makes no series")
    func storm() async throws {
        let shop = try LifecycleShop()
        let port = try FreePort.find()
        // The series of a job begin with its first run, which may be at any time.
        let service = try await shop.serve(["METRICS_PORT": "\(port)", "WORKER": "off"])
        try await service.waitForHealth("ok")
        let client = service.client()
        let send = { (round: Int) in
            try await onOwnThread {
                for number in 0..<(round == 0 ? 1 : 400) {
                    _ = try client.request("GET", "/storm/\(round)/\(number)?q=\(number)")
                    _ = try client.request("GET", "/v1/products/storm-\(round)-\(number)")
                    _ = try client.request("POST", "/v1/products/storm-\(number)")
                    _ = try client.request("STORM\(number)", "/")
                }
            }
        }
        try await send(0)
        let few = try await MetricsScrape.read(port: port)
        try await send(1)
        let many = try await MetricsScrape.read(port: port)
        #expect(Set(many.values.keys).subtracting(few.values.keys).isEmpty)
        #expect(!many.values.keys.contains { $0.lowercased().contains("storm") })
        #expect(many["http_server_requests_total{method=\"GET\",route=\"none\",status=\"4xx\"}"] == 401)
    }

    @Test("its port answers GET /metrics and nothing else; the shop's has none")
    func paths() async throws {
        let shop = try LifecycleShop()
        let port = try FreePort.find()
        let service = try await shop.serve(["METRICS_PORT": "\(port)"])
        let client = HTTPTestClient(port: port)
        for (method, path, status) in [
            ("HEAD", "/metrics", 200), ("GET", "/metrics?x=1", 200), ("GET", "/", 404), ("GET", "/health", 404),
            ("GET", "/v1/products", 404), ("DELETE", "/metrics", 405), ("GET", "/metrics/", 404),
        ] {
            #expect(try await client.request(method, path).status == status, "\(method) \(path)")
        }
        #expect(try await client.request("POST", "/metrics", body: [1]).status == 413)
        #expect(try await service.client().request("GET", "/metrics").status == 404)
        #expect(try listeningSockets(of: service) == 2)
    }

    /// How many sockets of a service are listened on (proc(5), /proc/net/tcp).
    private func listeningSockets(of service: ServiceProcess) throws -> Int {
        let directory = "/proc/\(service.identifier)/fd"
        let open = try FileManager.default.contentsOfDirectory(atPath: directory).compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\($0)")
        }
        var count = 0
        for table in ["tcp", "tcp6"] {
            let text = try String(contentsOfFile: "/proc/\(service.identifier)/net/\(table)", encoding: .utf8)
            for line in text.split(separator: "\n") {
                let fields = line.split(separator: " ")
                // The state, and the inode.
                if fields.count > 9, fields[3] == "0A", open.contains("socket:[\(fields[9])]") { count += 1 }
            }
        }
        return count
    }

    @Test("connections that say nothing, or begin and do not go on, lock no reader out")
    func silentConnections() async throws {
        let shop = try LifecycleShop()
        let port = try FreePort.find()
        let service = try await shop.serve(["METRICS_PORT": "\(port)"])
        try await service.waitForHealth("ok")
        var silent: [RawSocket] = []
        for number in 0..<100 {
            let socket = try await onOwnThread { try RawSocket(port: port) }
            if number % 2 == 1 { try await socket.send("GET /metrics HTTP/1.1\r\nHost: x\r\n") }
            if number % 3 == 0 {
                try await socket.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
                _ = try await socket.receive()
            }
            silent.append(socket)
            // The body is read as it arrives, and not only after all of it.
            if number % 10 == 9 { #expect(try await MetricsScrape.read(port: port)["http_server_connections"] != nil) }
        }
        let open = silent.count { $0.readAvailable(seconds: 0).isEmpty && $0.isIdle }
        #expect(open <= 32)
    }

    @Test("without METRICS_HOST only this machine reads them, wherever the shop listens")
    func address() async throws {
        let shop = try LifecycleShop()
        let port = try FreePort.find()
        let service = try await shop.serve(["METRICS_PORT": "\(port)", "HOST": "0.0.0.0"])
        try await service.waitForHealth("ok")
        _ = try await MetricsScrape.read(port: port)
        #expect(throws: (any Error).self) { try RawSocket(port: port, address: "127.0.0.2") }
        _ = try RawSocket(port: service.port, address: "127.0.0.2")
    }

    @Test("without METRICS_PORT nothing else listens")
    func off() async throws {
        let shop = try LifecycleShop()
        let service = try await shop.serve()
        try await service.waitForHealth("ok")
        #expect(try listeningSockets(of: service) == 1)
        #expect(try await service.client().request("GET", "/metrics").status == 404)
    }

    @Test("a wrong METRICS_PORT is one line and exit code 78", arguments: ["http", "0", "65536", "-1", "8080"])
    func wrong(port: String) throws {
        let done = try ServiceProcess.run(
            ["serve"],
            environment: ["DATABASE_URL": "postgresql://shop@127.0.0.1:1/shop", "METRICS_PORT": port, "PORT": "8080"])
        #expect(done.status == .exited(78))
        #expect(done.error.split(separator: "\n").count == 1)
        #expect(done.error.hasPrefix("commerce: METRICS_PORT "))
    }

    @Test("a METRICS_PORT that another process uses is reported, and ends the start")
    func taken() async throws {
        let shop = try LifecycleShop()
        let other = try await shop.serve()
        let service = try await shop.serve(["METRICS_PORT": "\(other.port)"], ready: false)
        #expect(try await onOwnThread { try service.waitForExit() } == .exited(69))
        #expect(service.standardError.contains("METRICS_PORT"))
    }
}
