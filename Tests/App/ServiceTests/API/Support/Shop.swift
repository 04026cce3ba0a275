import Foundation
import Synchronization
import TestSupport
import Testing

/// A shop that runs for one suite: the real program, several of it where asked, on a PostgreSQL database and a Redis of
/// its own.
final class Shop: Sendable {
    /// The one that ``ShopTrait`` has started for the running suite.
    @TaskLocal static var running: Shop?

    static var current: Shop {
        get throws {
            guard let running else { throw TestFailure("the suite has no .shop trait") }
            return running
        }
    }

    let database: TestDatabase
    let redis: RedisServer
    let services: [ServiceProcess]
    private let record = Mutex(Record())

    /// What was sent and seen, for the inspection.
    private struct Record {
        var requestIDs: [String] = []
        var secrets: Set<String> = []
        var faults: [String] = []
    }

    /// - Parameters:
    ///   - goods: what is in the catalogue
    ///   - environments: further settings of each service
    init(goods: [Goods], environments: [[String: String]]) throws {
        let database = try TestDatabase(template: Self.template.get())
        let redis = try RedisServer(password: Self.redisPassword)
        try database.execute(Goods.statements(goods))
        guard var url = URLComponents(string: database.url) else { throw TestFailure("not a URL: \(database.url)") }
        // The server trusts everybody; the password is there to be looked for in the log.
        url.password = Self.databasePassword
        let common = [
            "DATABASE_URL": url.string ?? "", "REDIS_URL": redis.url, "LOG_FORMAT": "json", "DRAIN_DELAY": "0s", "LOOPS": "2",
            "JWT_SECRET": Self.tokenSecret,
            // Crowds meet a debug build here: its slowness is no overload.
            "ADMISSION_TIMEOUT": "30s", "LOOP_LAG_LIMIT": "30s",
            // Every request is looked for in the log, however many of one client are refused.
            "LOG_CLIENT_ERRORS": "1000000",
        ]
        services = try environments.map { settings in
            try ServiceProcess(environment: common.merging(settings) { _, given in given })
        }
        self.database = database
        self.redis = redis
        for service in services {
            let client = service.client()
            // Once it listens for the catalogue's changes, too, that is.
            let isReady = Deadline(seconds: 30).poll(every: 20) {
                (try? client.request("GET", "/health"))?.text.contains("\"status\":\"ok\",\"version\"") == true
            }
            guard isReady else { throw TestFailure("the service does not become ready: \(service.standardOutput)") }
        }
    }

    private static let databasePassword = "database-password-never-shown"
    static let tokenSecret = "token-secret-never-shown-0123456789abcdef"
    private static let redisPassword = "redis-password-never-shown"

    /// A database with the schema, made once and copied for every shop.
    private static let template = Result {
        let database = try TestDatabase()
        let migrated = try ServiceProcess.run(["migrate", "up"], environment: ["DATABASE_URL": database.url])
        guard migrated.status == .exited(0) else { throw TestFailure("migrate up: \(migrated.error)\(migrated.output)") }
        return database
    }

    /// An unused key.
    static func newKey() -> String { UUID().uuidString.lowercased() }

    /// Runs SQL in its database.
    @discardableResult
    func execute(_ sql: String) async throws -> String { try await database.execute(sql) }

    /// Tells the services that the catalogue has changed, as an import does.
    static let announcement = """
        UPDATE catalog_version SET version = version + 1; \
        SELECT pg_notify('catalog', version::text) FROM catalog_version;
        """

    /// How much of a SKU can be bought, by the database.
    func available(_ sku: String) async throws -> Int? {
        Int(
            try await execute(
                "SELECT on_hand - reserved FROM stock JOIN variant ON id = variant_id WHERE sku = \(Goods.quoted(sku))"))
    }

    // MARK: Inspection

    /// Takes down what the inspection needs of an exchange.
    func note(_ answer: Answer, _ method: String, _ path: String, _ headers: [(String, String)]) {
        let faults = answer.faults(to: method)
        var secrets = [answer["token"].text, answer["access_token"].text, answer["ticket"].text, answer["refresh_token"].text]
        secrets += headers.filter { ["X-Cart-Token", "X-Order-Token", "Idempotency-Key"].contains($0.0) }.map(\.1)
        record.withLock { record in
            record.secrets.formUnion(secrets.filter { $0.utf8.count >= 16 })
            record.faults += faults.map {
                "\(method) \(path.prefix(200)) → \(answer.status): \($0): \(answer.response.text.prefix(400))"
            }
            // The health checks of load balancers are left out of the log.
            if !path.hasPrefix("/health"), let requestID = answer.header("X-Request-Id") { record.requestIDs.append(requestID) }
        }
    }

    /// At the suite's end: every answer was as all must be, the data holds together, each request has its line in the
    /// log and no secret has any, and the services live and end well.
    func inspect() async throws {
        let seen = record.withLock { $0 }
        for fault in Set(seen.faults).sorted().prefix(20) { Issue.record("\(fault)") }
        for violation in try await Invariants.violations(in: database).prefix(20) { Issue.record("\(violation)") }
        for service in services {
            guard service.exitStatus == nil else {
                let log = "\(service.standardError.suffix(4_000)) \(service.standardOutput.suffix(2_000))"
                Issue.record("a service ended by itself, \(String(describing: service.exitStatus)): \(log)")
                continue
            }
            let health = Answer(try await service.client().request("GET", "/health"))
            #expect(health.status == 200 && health["status"] == "ok", "\(health.response.text)")
            let ended = try await onOwnThread { try service.terminate() }
            #expect(ended == .exited(0))
            #expect(service.standardError.isEmpty, "standard error: \(service.standardError.prefix(2_000))")
        }
        inspectLog(seen)
    }

    private func inspectLog(_ seen: Record) {
        let text = services.map(\.standardOutput).joined()
        let lines = text.split(separator: "\n").map { JSON(parsing: Array($0.utf8)) }
        #expect(!lines.contains(.absent), "a log line that is not JSON")
        let errors = lines.filter { ["error", "critical"].contains($0["level"].text) }
        #expect(errors.isEmpty, "the log tells of errors: \(errors.prefix(3))")
        var counts: [String: Int] = [:]
        for line in lines where line["status"] != .absent { counts[line["request_id"].text, default: 0] += 1 }
        var sent: [String: Int] = [:]
        for requestID in seen.requestIDs { sent[requestID, default: 0] += 1 }
        let wrong = sent.filter { counts[$0.key] != $0.value }
        if !wrong.isEmpty {
            Issue.record("requests without exactly one access line: \(wrong.count) of \(sent.count), as \(wrong.keys.prefix(3))")
        }
        let secrets = seen.secrets.union([Self.databasePassword, Self.redisPassword, Self.tokenSecret, "ada@example.com"])
        let words = Set(text.utf8.split { !Self.isPartOfSecret($0) }.map { String(decoding: $0, as: UTF8.self) })
        let leaked = secrets.filter { words.contains($0) || (!$0.utf8.allSatisfy(Self.isPartOfSecret) && text.contains($0)) }
        #expect(leaked.isEmpty, "secrets in the log: \(leaked.prefix(3))")
    }

    /// What tokens and keys of these tests consist of: looking for thousands of them is one pass over the log's words.
    private static func isPartOfSecret(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
