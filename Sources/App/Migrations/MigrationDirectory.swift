import FoundationEssentials
import Glibc

/// Finds and reads the migration files.
package enum MigrationDirectory {
    /// The directory the settings name, else `migrations` in the working directory, else beside the program.
    ///
    /// Nil where none of these exists; one that is named is taken as it is.
    package static func locate(_ named: String?) -> String? {
        if let named { return named }
        var candidates = ["migrations"]
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        if count > 0, count < buffer.count {
            let program = String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
            if let slash = program.lastIndex(of: "/") { candidates.append(program[..<slash] + "/migrations") }
        }
        return candidates.first { path in
            var isDirectory = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory
        }
    }

    /// The `.sql` files of a directory by name. Throws ``MigrationError`` where it can't be read.
    package static func files(_ path: String) throws(MigrationError) -> [String: [UInt8]] {
        do {
            var files: [String: [UInt8]] = [:]
            for name in try FileManager.default.contentsOfDirectory(atPath: path) where name.hasSuffix(".sql") {
                guard let data = FileManager.default.contents(atPath: path + "/" + name) else {
                    throw MigrationError(.unreadable, "\(path)/\(name) cannot be read")
                }
                files[name] = Array(data)
            }
            return files
        } catch let error as MigrationError {
            throw error
        } catch {
            throw MigrationError(.unreadable, "the directory \(path) cannot be read")
        }
    }
}
