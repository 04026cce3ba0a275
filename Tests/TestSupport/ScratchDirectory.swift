import Foundation

/// A directory of a test's own, removed with all that is in it when released.
package final class ScratchDirectory: Sendable {
    /// Its absolute path.
    package let path: String

    /// Makes one whose name begins with `name`, which every account may enter (PostgreSQL runs as another one under root).
    package init(_ name: String) throws {
        var template = Array("\(try TestEnvironment.read().scratch)/\(name).XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestFailure.system("mkdtemp", errno) }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard chmod(path, 0o755) == 0 else { throw TestFailure.system("chmod", errno) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file into it and gives its path.
    package func write(_ name: String, _ text: String) throws -> String {
        let file = "\(path)/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        return file
    }
}
