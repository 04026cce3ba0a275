import Glibc

/// Standard output and error, written at once and without buffering.
enum Terminal {
    /// Whether people read standard error as it is written.
    static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    /// Writes a line to standard output.
    static func say(_ text: String) {
        write(text + "\n", to: STDOUT_FILENO)
    }

    /// Writes what went wrong to standard error, each of its lines after the program's name.
    static func complain(_ text: String) {
        let lines = text.split(separator: "\n").map { "commerce: \($0)\n" }
        write(lines.joined(), to: STDERR_FILENO)
    }

    /// Ends the process, without the destructors that libraries have registered (atexit(3)): connections may still be in the
    /// making on other threads, and OpenSSL's takes away beneath them what they work with.
    static func exit(_ status: ExitStatus) -> Never {
        fflush(nil)
        _exit(status.rawValue)
    }

    /// Writes text as it is; what can't be written is lost, for there is nobody left to tell.
    static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
