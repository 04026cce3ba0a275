internal import Formats
import Synchronization

/// A password in a file that may change while the process runs. It is read for each new connection: open connections need no
/// new password, as PostgreSQL asks for it only once.
///
/// A rotation changes the password at the server and in the file, one before the other. So the password that worked last is
/// kept, and tried where the file's is refused; and a file that is being written counts as unchanged.
package final class PostgresPasswordFile: Sendable {
    package let path: String
    private let lastGood: Mutex<Secret>

    /// - Throws: ``PostgresError`` `invalidConfiguration` where the file cannot be read or holds no password. Blocks.
    package init(path: String) throws(PostgresError) {
        self.path = path
        lastGood = Mutex(try Self.read(path))
    }

    /// The password to try next; nil where all were refused. Blocks.
    func next(after refused: [String]) -> String? {
        let now = try? Self.read(path).reveal()
        if let now, !refused.contains(now) { return now }
        let before = lastGood.withLock { $0.reveal() }
        guard refused.contains(before) else { return before }
        // The server may have changed after it refused the file's password and before it refused the other one.
        return refused.count == 2 && refused.first == now && now != before ? now : nil
    }

    /// The server accepted this password.
    func worked(_ password: String) { lastGood.withLock { $0 = Secret(password) } }

    private static func read(_ path: String) throws(PostgresError) -> Secret {
        do throws(SecretFile.Fault) { return try SecretFile.read(path) } catch {
            throw PostgresError(.invalidConfiguration, error.description)
        }
    }
}
