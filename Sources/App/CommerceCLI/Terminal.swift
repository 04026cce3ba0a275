import Glibc

/// Standard output and standard error, without buffering.
enum Terminal {
    /// Whether standard error is a terminal.
    static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    /// Writes a line to standard output.
    static func say(_ text: String) {
        write(text + "\n", to: STDOUT_FILENO)
    }

    /// Writes an error to standard error, with the program's name before each line. What could mislead a terminal is escaped.
    static func complain(_ text: String) {
        let lines = text.split(separator: "\n").map { "commerce: \(printable($0))\n" }
        write(lines.joined(), to: STDERR_FILENO)
    }

    /// The text on one line: line ends and tabs become spaces.
    static func line(_ text: String) -> String {
        String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
    }

    /// Control characters, and the marks that change the direction of a text or end a line (Unicode 16, §23.2, UAX #9), become
    /// `\u{…}`.
    private static func printable(_ text: some StringProtocol) -> String {
        var shown = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x09:
                shown += " "
            case 0x00...0x1F, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            default:
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
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
