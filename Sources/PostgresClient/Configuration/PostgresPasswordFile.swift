internal import Formats
import Glibc
import Synchronization

/// A password in a file that may be written anew while the process runs. Read for each new connection: those that are open
/// keep what they logged in with, PostgreSQL asks only once.
///
/// Whoever rotates a password changes it at the server and in the file, and one comes before the other. So the password that
/// worked last is remembered and tried where the file's is refused, and a file that is just being written counts as unchanged.
package final class PostgresPasswordFile: Sendable {
    /// As libpq reads one; longer is no password.
    private static let longest = 4_096

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

    /// The file's text without the line's end.
    private static func read(_ path: String) throws(PostgresError) -> Secret {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: longest + 2)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fault(String(cString: strerror(errno))) }
            if count == 0 { break }
            bytes += buffer[..<count]
            guard bytes.count <= longest + 2 else { throw fault("it is longer than a password can be") }
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty else { throw fault("it is empty") }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw fault("it is not one line of text")
        }
        return Secret(text)
    }

    private static func fault(_ reason: String) -> PostgresError {
        PostgresError(.invalidConfiguration, reason)
    }
}
