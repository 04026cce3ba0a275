import Glibc

/// Reads a file, or standard input, piece by piece.
package final class ImportFile {
    private let descriptor: Int32
    private let name: String
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)
    /// The size in bytes; nil if it is not known in advance, as for a pipe.
    package let size: Int?

    /// Opens a file; `-` is standard input.
    /// - Throws: ``ImportError`` `unreadable`.
    package init(_ path: String) throws(ImportError) {
        name = path == "-" ? "standard input" : path
        descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(name, errno) }
        var status = stat()
        let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        size = isRegular ? Int(status.st_size) : nil
    }

    deinit { close(descriptor) }

    /// Returns the next bytes; none at the end.
    package func next() throws(ImportError) -> [UInt8] {
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count >= 0 { return Array(buffer.prefix(count)) }
            guard errno == EINTR else { throw Self.failure(name, errno) }
        }
    }

    private static func failure(_ name: String, _ code: Int32) -> ImportError {
        ImportError(.unreadable, "cannot read \(name): \(String(cString: strerror(code)))")
    }
}
