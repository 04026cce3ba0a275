import Formats
import Glibc

/// Reads the files of a directory and its subdirectories, within limits.
///
/// Every name is opened relative to the descriptor of its directory and never through a symbolic link. So no file outside is
/// reached, even if a directory is replaced while it is read.
struct AssetReader {
    let maximumBytes: Int
    let maximumFiles: Int
    private static let deepest = 8

    /// With the time of the last change in seconds since 1970, if that is known.
    private(set) var files: [(path: String, bytes: [UInt8], modified: Int64?)] = []
    private var bytesRead = 0

    init(maximumBytes: Int, maximumFiles: Int) {
        self.maximumBytes = maximumBytes
        self.maximumFiles = maximumFiles
    }

    mutating func read(_ directory: String) throws(AssetError) {
        // The root itself may be a link, by the operator's choice.
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw AssetError(reason: .unreadable(errno), path: directory) }
        try read(descriptor, prefix: "", depth: 0)
    }

    /// Owns the descriptor and closes it.
    private mutating func read(_ descriptor: Int32, prefix: String, depth: Int) throws(AssetError) {
        defer { close(descriptor) }
        guard depth < AssetReader.deepest else { throw AssetError(reason: .tooDeep, path: prefix) }
        for name in try AssetReader.names(in: descriptor, prefix) {
            let path = prefix + name
            // Without O_NONBLOCK, opening a named pipe would wait for its other end.
            let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard file >= 0 else {
                // ELOOP: a symbolic link. ENXIO: a socket. ENOENT: deleted after it was listed.
                if [ELOOP, ENXIO, ENOENT].contains(errno) { continue }
                throw AssetError(reason: .unreadable(errno), path: path)
            }
            var status = stat()
            guard fstat(file, &status) == 0 else {
                close(file)
                throw AssetError(reason: .unreadable(errno), path: path)
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try read(file, prefix: path + "/", depth: depth + 1)
            case S_IFREG where AssetType.type(of: name) != nil: try keep(file, path, Self.modified(status))
            default: close(file)
            }
        }
    }

    /// Owns the descriptor and closes it.
    private mutating func keep(_ file: Int32, _ path: String, _ modified: Int64?) throws(AssetError) {
        defer { close(file) }
        guard files.count < maximumFiles else { throw AssetError(reason: .tooManyFiles, path: path) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1_024)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw AssetError(reason: .unreadable(errno), path: path) }
            guard count > 0 else { break }
            bytesRead += count
            guard bytesRead <= maximumBytes else { throw AssetError(reason: .tooManyBytes, path: path) }
            bytes.append(contentsOf: buffer[..<min(count, buffer.count)])
        }
        files.append((path, bytes, modified))
    }

    /// Reproducible container images give all files a time near 1970, which means nothing. A time in the future must not be sent
    /// (RFC 9110 §8.8.2.1).
    private static func modified(_ status: stat) -> Int64? {
        let time = Int64(status.st_mtim.tv_sec)
        return time < 366 * 86_400 * 11 ? nil : min(time, Timestamp.now.seconds)
    }

    /// All names but those that begin with a dot, sorted.
    private static func names(in descriptor: Int32, _ path: String) throws(AssetError) -> [String] {
        // The stream owns and closes its descriptor, so it gets a copy.
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw AssetError(reason: .unreadable(errno), path: path) }
        guard let stream = fdopendir(copy) else {
            close(copy)
            throw AssetError(reason: .unreadable(errno), path: path)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}
