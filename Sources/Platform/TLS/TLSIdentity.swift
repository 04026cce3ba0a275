import Glibc

/// A server's certificate with its chain, and the private key, both in PEM (RFC 7468).
package struct TLSIdentity: Sendable, Equatable {
    /// The server's own certificate, followed by those of the authorities that issued it.
    package let certificates: [UInt8]
    package let key: [UInt8]

    package init(certificates: [UInt8], key: [UInt8]) {
        self.certificates = certificates
        self.key = key
    }
}

/// Where a server's certificate and key come from.
package enum TLSIdentitySource: Sendable {
    /// Paths of PEM files, which may change.
    case files(certificates: String, key: String)
    case fixed(TLSIdentity)

    /// The largest file that is read, in bytes.
    private static let largestFile = 1 << 20

    /// Reads the files; blocks.
    /// - Throws: ``TLSError`` when a file cannot be read.
    package func read() throws(TLSError) -> TLSIdentity {
        switch self {
        case .fixed(let identity): identity
        case .files(let certificates, let key):
            TLSIdentity(certificates: try Self.contents(of: certificates), key: try Self.contents(of: key))
        }
    }

    /// A value that changes when one of the files is written or replaced; nil where there are no files. Blocks.
    package var stamp: [Int]? {
        guard case .files(let certificates, let key) = self else { return nil }
        return [certificates, key].flatMap { path -> [Int] in
            var status = stat()
            // Follows links: orchestrators mount a secret as a link, and replace the link.
            guard stat(path, &status) == 0 else { return [Int(errno)] }
            return [Int(truncatingIfNeeded: status.st_ino), status.st_mtim.tv_sec, status.st_mtim.tv_nsec, Int(status.st_size)]
        }
    }

    private static func contents(of path: String) throws(TLSError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TLSError("\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count <= largestFile {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw TLSError("\(path): \(String(cString: strerror(errno)))") }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
        throw TLSError("\(path): larger than a certificate can be")
    }
}
