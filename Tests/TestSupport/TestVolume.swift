import Foundation

/// A small file system of a test's own, that can be full. It exists for the processes that are started in it, and for the test
/// at ``view``; and is gone with its holder.
package final class TestVolume: Sendable {
    /// Whether this machine lets a test mount one: PostgreSQL refuses to run as the root of a user namespace.
    package static let isPossible =
        geteuid() == 0 && (try? Command.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).status) == .exited(0)

    /// Where it is for processes of the namespace.
    package let path: String
    private let holder: ChildProcess

    /// - Parameter path: an existing directory to mount it at
    package init(at path: String, megabytes: Int) throws {
        self.path = path
        holder = try ChildProcess(
            [
                "unshare", "--mount", "--propagation", "private", "sh", "-c",
                "mount -t tmpfs -o size=\(megabytes)m,mode=755 none \"$1\" && touch \"$1/here\" && exec sleep infinity", "sh",
                path,
            ], environment: Command.plain)
        guard Deadline(seconds: 20).poll(every: 10, until: { access(view + "/here", F_OK) == 0 }) else {
            throw TestFailure("no volume at \(path)")
        }
        try ServerAccount.give(view)
    }

    /// Where it is for this process.
    package var view: String { "/proc/\(holder.identifier)/root\(path)" }

    /// The command to run so that `command` runs where the volume is mounted, in the same process.
    func command(_ command: [String]) -> [String] {
        ["nsenter", "--mount=/proc/\(holder.identifier)/ns/mnt", "--"] + command
    }

    /// Leaves not a byte free.
    package func fill() throws {
        let file = open(view + "/filler", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw TestFailure.system("open", errno) }
        defer { close(file) }
        let block = [UInt8](repeating: 0, count: 64 << 10)
        for size in [block.count, 4_096, 1] {
            // The last one may be taken in part.
            while write(file, block, size) > 0 {}
            guard errno == ENOSPC else { throw TestFailure.system("write", errno) }
        }
    }

    /// Gives back what ``fill()`` took.
    package func free() throws {
        guard unlink(view + "/filler") == 0 else { throw TestFailure.system("unlink", errno) }
    }
}
