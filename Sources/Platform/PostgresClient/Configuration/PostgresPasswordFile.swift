internal import Formats
import Synchronization

/// A password in a file that may be written anew while the process runs. Read for each new connection: those that are open
/// keep what they logged in with, PostgreSQL asks only once.
///
/// Whoever rotates a password changes it at the server and in the file, and one comes before the other. So the password that
/// worked last is remembered and tried where the file's is refused, and a file that is just being written counts as unchanged.
package final class PostgresPasswordFile: Sendable {
    package let path: String
    private let lastGood: Mutex<Secret>

    /// - Throws: ``PostgresError`` `invalidConfiguration` where the file cannot be read or holds no password. Blocks.
    package init(path: String) throws(PostgresError) {
        self.path = path
        lastGood = Mutex(try Self.read(path))
    }

    /// The password to try next; nil where all there are were refused. Blocks.
    func next(after refused: [String]) -> String? {
        if let now = try? Self.read(path).reveal(), !refused.contains(now) { return now }
        let before = lastGood.withLock { $0.reveal() }
        return refused.contains(before) ? nil : before
    }

    /// The server took this one.
    func worked(_ password: String) { lastGood.withLock { $0 = Secret(password) } }

    private static func read(_ path: String) throws(PostgresError) -> Secret {
        do throws(SecretFile.Fault) { return try SecretFile.read(path) } catch {
            throw PostgresError(.invalidConfiguration, error.description)
        }
    }
}
