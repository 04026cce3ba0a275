import Foundation
import Synchronization

/// A database of a test's own on the shared server, dropped when released.
package final class TestDatabase: Sendable {
    private static let count = Atomic<Int>(0)
    /// Its name, safe to write into SQL as it is.
    package let name: String
    /// Its URL, for a superuser.
    package let url: String
    private let server: String
    private let dropped = Atomic<Bool>(false)

    /// Creates an empty one, or a copy of `template`, which must have no connections meanwhile.
    package init(template: TestDatabase? = nil) throws {
        server = try TestEnvironment.read().databaseURL
        let number = Self.count.wrappingAdd(1, ordering: .relaxed).newValue
        name = "test_\(getpid())_\(number)"
        guard var parts = URLComponents(string: server) else { throw TestFailure("not a URL: \(server)") }
        parts.path = "/" + name
        url = parts.string ?? server
        try PostgresShell.execute("CREATE DATABASE \(name) TEMPLATE \(template?.name ?? "template0")", on: server)
    }

    deinit {
        try? drop()
    }

    /// Runs SQL in it; rows as lines, columns separated by `|`.
    @discardableResult
    package func execute(_ sql: String) throws -> String {
        try PostgresShell.execute(sql, on: url)
    }

    /// As ``execute(_:)``, without blocking the caller's thread.
    @discardableResult
    package func execute(_ sql: String) async throws -> String {
        try await onOwnThread { try self.execute(sql) }
    }

    /// Drops it, with the connections that are still open. Again is harmless.
    package func drop() throws {
        guard !dropped.exchange(true, ordering: .relaxed) else { return }
        try PostgresShell.execute("DROP DATABASE IF EXISTS \(name) WITH (FORCE)", on: server)
    }
}
