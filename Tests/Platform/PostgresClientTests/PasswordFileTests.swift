import EventLoop
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import PostgresClient

/// A password that is rotated while connections are made.
@Suite(.serialized) struct PasswordFileTests {
    /// A server that asks for passwords, a role there, and the file that has its password.
    private struct Rig: Sendable {
        let server: PostgresServer
        let directory: ScratchDirectory
        let file: PostgresPasswordFile
        let url: String

        init() throws {
            server = try PostgresServer(authentication: .password("for-the-superuser"))
            try server.execute("CREATE ROLE app LOGIN PASSWORD 'one'")
            url = "postgresql://app@127.0.0.1:\(server.port)/postgres"
            directory = try ScratchDirectory("password")
            file = try PostgresPasswordFile(path: try directory.write("password", "one\n"))
        }

        func write(_ password: String) throws { _ = try directory.write("password", password) }

        func alter(_ password: String) throws { try server.execute("ALTER ROLE app PASSWORD '\(password)'") }

        /// Ends all sessions, so the next ones have to log in again.
        func terminate() throws {
            try server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app' AND pid <> pg_backend_pid()")
        }

        func blocking() throws(PostgresError) -> BlockingConnection {
            var configuration = try PostgresConfiguration(connectionString: url)
            configuration.passwordFile = file
            return try BlockingConnection(configuration)
        }
    }

    @Test func thePasswordOfTheFileIsTriedBeforeTheLastGoodOne() throws {
        let rig = try Rig()
        _ = try rig.blocking()
        // The file first, the server later; half written, and gone.
        for text in ["two\n", "", "tw\no"] {
            try rig.write(text)
            _ = try rig.blocking()
        }
        try rig.write("two\n")
        try rig.alter("two")
        _ = try rig.blocking()
        try FileManager.default.removeItem(atPath: rig.file.path)
        _ = try rig.blocking()
        // The server first: the client cannot know.
        try rig.alter("three")
        let error = #expect(throws: PostgresError.self) { try rig.blocking() }
        #expect(error?.code == .connectionUnavailable)
        #expect(error.map { "\($0)" }?.contains("password authentication failed") == true)
        #expect(error.map { "\($0)" }?.contains("two") == false)
        try rig.write("three")
        _ = try rig.blocking()
    }

    @Test func theFilesPasswordIsTriedAgainAfterTheLastGoodOne() throws {
        let directory = try ScratchDirectory("password")
        let file = try PostgresPasswordFile(path: try directory.write("password", "one"))
        #expect(file.next(after: []) == "one")
        #expect(file.next(after: ["one"]) == nil)
        _ = try directory.write("password", "two")
        #expect(file.next(after: []) == "two")
        #expect(file.next(after: ["two"]) == "one")
        // The server may have changed between the two.
        #expect(file.next(after: ["two", "one"]) == "two")
        #expect(file.next(after: ["two", "one", "two"]) == nil)
        file.worked("two")
        #expect(file.next(after: ["two"]) == nil)
    }

    @Test func anInvalidPasswordFileIsRefusedAtOnce() throws {
        let directory = try ScratchDirectory("password")
        for text in ["", "\n", "\r\n", "a\nb", "a\u{0}b", String(repeating: "x", count: 5_000)] {
            let path = try directory.write("password", text)
            let error = #expect(throws: PostgresError.self) { try PostgresPasswordFile(path: path) }
            #expect(error?.code == .invalidConfiguration)
        }
        #expect(throws: PostgresError.self) { try PostgresPasswordFile(path: directory.path) }
        #expect(throws: PostgresError.self) { try PostgresPasswordFile(path: directory.path + "/none") }
        let path = try directory.write("password", String(repeating: "ü", count: 2_000) + "\r\n")
        #expect(try !"\(PostgresPasswordFile(path: path))".contains("ü"))
    }

    @Test func anotherRefusalOfTheServerIsNotRetriedWithAnotherPassword() throws {
        let rig = try Rig()
        try rig.write("two")
        try rig.server.execute("ALTER ROLE app NOLOGIN")
        #expect(throws: PostgresError.self) { try rig.blocking() }
        try rig.server.stop()
        let began = ContinuousClock.now
        #expect(throws: PostgresError.self) { try rig.blocking() }
        #expect(ContinuousClock.now - began < .seconds(5))
    }

    /// Reads and writes without pause, and returns the errors.
    private func load(
        _ rig: Rig, _ rotate: @escaping @Sendable (PostgresPool, EventLoop) async throws -> Void
    ) async throws -> [PostgresError] {
        try await withPool(
            rig.url,
            configure: {
                $0.passwordFile = rig.file
                $0.maxLifetime = .milliseconds(200)
                $0.minimum = 3
            }
        ) { pool, loop in
            var errors: [PostgresError] = []
            var isOver = false
            let isThere = try await eventually(loop) {
                _ = try await pool.execute("SELECT 1"); return true
            }
            #expect(isThere)
            try await concurrently(5, on: loop) { number in
                if number == 0 {
                    try await rotate(pool, loop)
                    isOver = true
                }
                while !isOver {
                    let error = await postgresError {
                        if number % 2 == 0 { _ = try await pool.query("SELECT 1") } else { try await pool.execute("SELECT 1") }
                    }
                    if let error { errors.append(error) }
                    try await loop.sleep(for: .milliseconds(2))
                }
            }
            return errors
        }
    }

    @Test func aRotationThatBeginsWithTheFileFailsNoCaller() async throws {
        let rig = try Rig()
        let errors = try await load(rig) { pool, loop in
            for (before, now) in [("one", "two"), ("two", "three"), ("three", "one")] {
                try rig.write(now + "\n")
                // Connections are replaced all the time, with the password before.
                try await loop.sleep(for: .milliseconds(600))
                try await onOwnThread { try rig.alter(now) }
                try await loop.sleep(for: .milliseconds(600))
                // And now with the new one, which is the only one.
                _ = try rig.blocking()
                #expect(throws: PostgresError.self) {
                    try BlockingConnection(connectionString: rig.url.replacingOccurrences(of: "app@", with: "app:\(before)@"))
                }
            }
        }
        #expect(errors.isEmpty, "\(errors.count): \(errors.prefix(3))")
    }

    @Test func aRotationThatBeginsAtTheServerEndsWithTheFile() async throws {
        let rig = try Rig()
        try await withPool(rig.url, configure: { $0.passwordFile = rig.file }) { pool, loop in
            let isThere = try await eventually(loop) {
                _ = try await pool.execute("SELECT 1"); return true
            }
            #expect(isThere)
            try await onOwnThread { try rig.alter("two") }
            // Open connections stay open.
            for _ in 0..<20 { _ = try await pool.query("SELECT 1"); try await pool.execute("SELECT 1") }
            try rig.terminate()
            let isOut = try await eventually(loop) { pool.state.open == 0 && pool.state.failures > 0 }
            #expect(isOut)
            try rig.write("two")
            let written = ContinuousClock.now
            let isBack = try await eventually(loop) {
                _ = try await pool.execute("SELECT 1"); return true
            }
            #expect(isBack)
            #expect(ContinuousClock.now - written < .seconds(10))
        }
    }

    @Test func aListenerLogsInWithTheNewPassword() async throws {
        let rig = try Rig()
        try await onLoop { loop in
            var configuration = try PostgresConfiguration(connectionString: rig.url)
            configuration.passwordFile = rig.file
            let heard = Mutex<[PostgresListener.Event]>([])
            let listener = PostgresListener(loop: loop, configuration: configuration, channels: ["catalog"], logger: quiet) {
                event in
                heard.withLock { $0.append(event) }
            }
            listener.start()
            let listens = try await eventually(loop) { heard.withLock { $0 } == [.listening] }
            #expect(listens)
            try rig.write("two")
            try rig.alter("two")
            try rig.terminate()
            let listensAgain = try await eventually(loop) { heard.withLock { $0 } == [.listening, .lost, .listening] }
            #expect(listensAgain)
            listener.close()
        }
    }
}
