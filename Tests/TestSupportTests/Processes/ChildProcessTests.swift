import Glibc
import Testing
import TestSupport

/// Programs that tests start, beside the exit tests of Swift Testing, which wait for all children of the test program at once.
@Suite struct ChildProcessTests {
    @Test("The end of a process is known without asking", .timeLimit(.minutes(1)))
    func ends() throws {
        #expect(try ChildProcess(["false"], environment: Command.plain).wait() == .exited(1))
        let process = try ChildProcess(["sleep", "600"], environment: Command.plain)
        #expect(process.exitStatus == nil)
        process.kill()
        #expect(process.exitStatus == .killed(signal: SIGKILL))
    }

    @Test("A process that has ended does not hold up an exit test, although no test has asked for its status")
    func exitTest() async throws {
        let process = try ChildProcess(["true"], environment: Command.plain)
        usleep(100_000)
        await #expect(processExitsWith: .exitCode(3)) { exit(3) }
        #expect(process.exitStatus == .exited(0))
    }

    @Test("A process has no descriptor of the test program")
    func descriptors() throws {
        let files = try Command.check(["ls", "/proc/self/fd"])
        // The fourth is the directory that ls reads.
        #expect(files.split(separator: "\n").sorted() == ["0", "1", "2", "3"])
    }

    @Test("A process that outlives an exit test does not hold it up")
    func orphan() async throws {
        await #expect(processExitsWith: .exitCode(3)) {
            let process = try ChildProcess(["sleep", "600"], environment: Command.plain)
            withExtendedLifetime(process) { exit(3) }
        }
    }
}
