import Foundation

/// The account that PostgreSQL's programs run as: our own, or `postgres` where that is root, as they refuse to be root.
enum ServerAccount {
    /// The command to run so that `command` runs as that account, in the same process.
    static func command(_ command: [String]) -> [String] {
        guard geteuid() == 0 else { return command }
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] + command
    }

    /// Gives that account a file or directory.
    static func give(_ path: String) throws {
        guard geteuid() == 0 else { return }
        guard let account = getpwnam("postgres") else { throw TestFailure("there is no account named postgres") }
        guard chown(path, account.pointee.pw_uid, account.pointee.pw_gid) == 0 else {
            throw TestFailure.system("chown \(path)", errno)
        }
    }
}
