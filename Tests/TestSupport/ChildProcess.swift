import Foundation
import Synchronization

/// A program that a test started: in a process group of its own, with its output in files, killed when released.
///
/// posix_spawn(3) rather than Foundation's Process, whose waiting needs a run loop and which hands down blocked signals.
package final class ChildProcess: Sendable {
    /// The process id.
    package let identifier: pid_t
    private let outcome = Outcome()

    /// How the process ended, nil while it runs. Apart from the process, which a thread must not keep alive.
    private final class Outcome: Sendable {
        let status = Mutex<ExitStatus?>(nil)
    }

    /// Starts `command` (a path, or a name in the PATH given, and arguments) with exactly this environment.
    ///
    /// Output is appended to the files at `output` and `error`; standard input is empty. Of the other descriptors of this process it has
    /// none but `inherited`.
    package init(
        _ command: [String], environment: [String: String], directory: String = "/", output: String = "/dev/null",
        error: String = "/dev/null", inheriting inherited: Int32? = nil
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let append = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, append, 0o644)
        posix_spawn_file_actions_addopen(&actions, 2, error, append, 0o644)
        // An exit test ends for Swift Testing only when no process has its pipe open.
        for descriptor in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap({ Int32($0) })
        where descriptor > 2 && descriptor != inherited {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        guard !command.isEmpty else { throw TestFailure("no command to start") }
        var marked = environment
        marked["TEST_RUN"] = try TestEnvironment.read().run
        // env(1) changes the directory and becomes the command: Swift sees no posix_spawn action for that on Linux.
        var arguments = (["env", "--chdir=\(directory)", "--"] + command).map { strdup($0) } + [nil]
        var variables = marked.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer {
            for pointer in arguments + variables { free(pointer) }
        }
        var process: pid_t = 0
        let failure = posix_spawn(&process, "/usr/bin/env", &actions, &attributes, &arguments, &variables)
        guard failure == 0 else { throw TestFailure.system("starting \(command[0])", failure) }
        identifier = process
        Thread.detachNewThread { [identifier, outcome] in Self.reap(identifier, into: outcome) }
    }

    deinit {
        kill()
    }

    /// How it ended, nil while it runs.
    package var exitStatus: ExitStatus? { outcome.status.withLock { $0 } }

    /// Sends a signal, unless it has ended: a number that was waited for may be another process by now.
    package func send(signal number: Int32) {
        outcome.status.withLock { known in
            if known == nil { _ = Glibc.kill(identifier, number) }
        }
    }

    /// Waits until it ends. Throws ``TestFailure`` after `seconds`, and leaves it running.
    @discardableResult
    package func wait(seconds: Double = 30) throws -> ExitStatus {
        guard Deadline(seconds: seconds).poll(until: { exitStatus != nil }), let status = exitStatus else {
            throw TestFailure("process \(identifier) still runs after \(seconds) s")
        }
        return status
    }

    /// Kills it (SIGKILL) and waits until it is gone.
    package func kill() {
        send(signal: SIGKILL)
        _ = try? wait(seconds: 10)
    }

    /// Waits for the end of a process, at once and not when a test asks: Swift Testing never sees the end of an exit test while
    /// another child that has ended was not waited for.
    private static func reap(_ identifier: pid_t, into outcome: Outcome) {
        var information = siginfo_t()
        while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        outcome.status.withLock { known in
            var status: Int32 = 0
            if waitpid(identifier, &status, 0) == identifier { known = ExitStatus(waitStatus: status) }
        }
    }
}
