import Foundation
import Synchronization
import TestSupport
import Testing

/// A thousand stolen passwords are tried at once. What does not fit is refused, and the shop goes on.
@Suite("Credential stuffing", .serialized)
struct CredentialStuffingTests {
    /// Sends sign-ins, each for another address, from many connections at once.
    private static func stuff(
        _ service: ServiceProcess, clients: Int, each: Int, from address: @escaping @Sendable (Int) -> String
    ) async throws -> [Answer] {
        try await withThrowingTaskGroup(of: [Answer].self) { group in
            for client in 0..<clients {
                group.addTask {
                    try await onOwnThread {
                        let http = service.client(seconds: 120)
                        return try (0..<each).map { number in
                            Answer(
                                try http.request(
                                    "POST", "/v1/sessions", headers: [("X-Forwarded-For", address(client))],
                                    json:
                                        #"{"email":"victim-\#(client)-\#(number)@example.org","password":"one stolen password"}"#)
                            )
                        }
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// A figure of /proc/PID/status, in MiB.
    private static func memory(_ name: String, of service: ServiceProcess) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(service.identifier)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
        guard let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
            throw TestFailure("no \(name)")
        }
        return kibibytes / 1_024
    }

    @Test("a thousand sign-ins at once from everywhere: the surplus is refused, memory is bounded, and shoppers notice nothing")
    func everywhere() async throws {
        let stage = try Stage()
        let port = try FreePort.find()
        let settings = [
            "JWT_SECRET": Shop.tokenSecret, "METRICS_PORT": "\(port)", "TRUSTED_PROXIES": "127.0.0.1", "WORKER": "off",
            "PASSWORD_QUEUE": "4",
            // The machine of a test is slow, and has the clients as well.
            "ADMISSION_TIMEOUT": "30s", "LOOP_LAG_LIMIT": "30s",
        ]
        let service = try await stage.serve(settings)
        try await service.waitUntilWell()
        let account = TestAccount()
        try await account.insert(into: stage)
        let before = try Self.memory("VmRSS", of: service)

        let isOver = Atomic(false)
        async let shopping = onOwnThread { () throws -> [Answer] in
            let http = service.client(seconds: 60)
            var answers: [Answer] = []
            repeat {
                answers.append(Answer(try http.request("GET", FaultGoods.warmPaths[0])))
                answers.append(Answer(try http.request("POST", "/v1/carts", json: "{}")))
                answers.append(Answer(try http.request("GET", "/health")))
            } while !isOver.load(ordering: .relaxed)
            return answers
        }
        let answers = try await Self.stuff(service, clients: 100, each: 10) { "203.0.\($0 / 10).\($0)" }
        isOver.store(true, ordering: .relaxed)
        let shoppers = try await shopping

        #expect(answers.count == 1_000)
        let wrong = answers.filter { answer in
            switch (answer.status, answer.code) {
            case (401, "sign_in_failed"), (429, "too_many_sign_ins"): false
            case (503, _): answer.header("Retry-After") == nil
            default: true
            }
        }
        #expect(wrong.isEmpty, "\(wrong.count), such as \(wrong.prefix(3).map(\.response.text))")
        let full = answers.count { $0.code == "too_many_passwords" }
        let metrics = try await MetricsScrape.read(port: port)
        #expect(full > 0 && metrics["commerce_password_refused_total"] == Double(full))
        // One thread hashes, with 32 MiB.
        let peak = try Self.memory("VmHWM", of: service)
        #expect(peak - before < 160, "from \(before) to \(peak) MiB")
        #expect(shoppers.count >= 3 && shoppers.allSatisfy { (200...201).contains($0.status) })

        // And the owner of an account gets in.
        let deadline = Deadline(seconds: 120)
        var status = 0
        while status != 201, !deadline.isOver {
            status = try await service.client().request("POST", "/v1/sessions", json: account.credentials).status
        }
        #expect(status == 201)
        #expect(try await onOwnThread { try service.terminate() } == .exited(0))
    }

    @Test("one client gets as many sign-ins in a minute as it may, and then 429") func oneClient() async throws {
        let stage = try Stage()
        let service = try await stage.serve([
            "JWT_SECRET": Shop.tokenSecret, "RATE_LIMIT": "on", "RATE_LIMIT_SIGN_INS": "3", "RATE_LIMIT_WRITES": "100000",
            "TRUSTED_PROXIES": "127.0.0.1", "WORKER": "off", "ADMISSION_TIMEOUT": "30s", "LOOP_LAG_LIMIT": "30s",
        ])
        try await service.waitUntilWell()
        // Whole networks of IPv6 are one client.
        let answers = try await Self.stuff(service, clients: 20, each: 10) { "2001:db8:0:1::\($0)" }
        let limited = answers.filter { $0.status == 429 }
        // A minute may end meanwhile, and the next begin.
        #expect(limited.count >= 190 && limited.allSatisfy { $0.header("Retry-After") != nil })
        #expect(answers.allSatisfy { [401, 429, 503].contains($0.status) })
    }
}
