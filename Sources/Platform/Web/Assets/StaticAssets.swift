import Compression
import HTTPServer

/// Files that are read into memory when the program starts, and served from memory. No path of a request ever reaches a file
/// system.
package struct StaticAssets: Sendable {
    private let files: [String: FixedResource]

    /// No files.
    package init() { files = [:] }

    /// Reads all SVG, PNG, JPEG, WebP, CSS and text files of a directory and its subdirectories. Other files, symbolic links and
    /// names with a dot in front are skipped. Blocks, so not on a loop.
    /// - Parameter gzip: compresses files that get smaller by it; nil for no compression
    /// - Throws: ``AssetError`` where a file cannot be read, or a limit is exceeded.
    package init(
        directory: String, maximumBytes: Int = 64 * 1_024 * 1_024, maximumFiles: Int = 4_096, gzip: Gzip? = nil
    ) throws(AssetError) {
        var reader = AssetReader(maximumBytes: maximumBytes, maximumFiles: maximumFiles)
        try reader.read(directory)
        var files: [String: FixedResource] = [:]
        for (path, bytes, modified) in reader.files {
            guard let type = AssetType.type(of: path) else { continue }
            files[path] = FixedResource(
                bytes, type: type, kind: .asset(policy: AssetType.policy(of: path)), cacheControl: CachePolicy.asset,
                modified: modified, gzip: gzip)
        }
        self.files = files
    }

    package var count: Int { files.count }
    /// Relative paths, sorted.
    package var paths: [String] { files.keys.sorted() }

    /// Serves the files under a prefix such as `/assets`.
    package func addRoutes(to router: Router, under prefix: String) {
        router.cached(prefix + "/{path...}") { context in
            guard let file = files[context.parameters["path"]] else { throw Problem.notFound("The file does not exist.") }
            return .immediate(try file.answer(to: context))
        }
    }
}

/// The types of files that are served.
enum AssetType {
    /// The Content-Type for a file name; nil where the file is not served.
    static func type(of name: String) -> String? {
        guard let dot = name.lastIndex(of: ".") else { return nil }
        return switch name[name.index(after: dot)...] {
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "webp": "image/webp"
        case "css": "text/css; charset=utf-8"
        case "txt": "text/plain; charset=utf-8"
        default: nil
        }
    }

    /// SVG can contain scripts, which must not run in the service's origin when the image is opened as a document.
    static func policy(of name: String) -> String? {
        name.hasSuffix(".svg") ? "default-src 'none'; style-src 'unsafe-inline'" : nil
    }
}

/// Why a directory of assets cannot be served.
package struct AssetError: Error, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        /// With the system's error number.
        case unreadable(Int32)
        case tooManyFiles
        case tooManyBytes
        case tooDeep
    }

    package let reason: Reason
    /// The file or directory where the error occurred.
    package let path: String

    package var description: String {
        switch reason {
        case .unreadable(let number): "cannot read \(path): error \(number)"
        case .tooManyFiles: "more files than allowed, at \(path)"
        case .tooManyBytes: "more bytes than allowed, at \(path)"
        case .tooDeep: "directories too deep, at \(path)"
        }
    }
}
