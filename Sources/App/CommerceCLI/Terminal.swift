import Glibc

/// Standard output and standard error, without buffering.
enum Terminal {
    /// Whether standard error is a terminal.
    static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    /// Writes a line to standard output.
    static func say(_ text: String) {
        write(text + "\n", to: STDOUT_FILENO)
    }

    /// Writes an error to standard error, with the program's name before each line.
    static func complain(_ text: String) {
        let lines = text.split(separator: "\n").map { "commerce: \($0)\n" }
        write(lines.joined(), to: STDERR_FILENO)
    }

    /// Ends the process without the handlers of libraries (atexit(3)): other threads may still open connections, and OpenSSL's
    /// handler frees what they use.
    static func exit(_ status: ExitCode) -> Never {
        fflush(nil)
        _exit(status.rawValue)
    }

    /// Writes text unchanged; text that cannot be written is lost.
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
