import Compression
import HTTPServer

/// Files that are read into memory when the program starts, and served from there: nothing is looked up on a disk
/// while requests are answered, and no path of a request ever reaches a file system.
package struct StaticAssets: Sendable {
    private let files: [String: FixedResource]

    /// No files.
    package init() { files = [:] }

    /// Reads all SVG, PNG, JPEG, WebP, CSS and text files below a directory; others, symbolic links and names that
    /// begin with a dot are left out. Blocks: not on a loop.
    /// - Parameter gzip: what compresses those that gain by it; nil: nothing does
    /// - Throws: ``AssetError`` where something cannot be read, or there is more than allowed.
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

    /// Serves them under a prefix such as `/assets`.
    package func addRoutes(to router: Router, under prefix: String) {
        router.cached(prefix + "/{path...}") { context in
            guard let file = files[context.parameters["path"]] else { throw Problem.notFound("no such file") }
            return .immediate(try file.answer(to: context))
        }
    }
}
