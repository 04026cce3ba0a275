import FoundationEssentials
import Glibc

/// The migrations of a directory: versions 1, 2, 3 … without a gap, in that order.
package struct MigrationSet: Equatable, Sendable {
    package let migrations: [Migration]

    /// The highest version.
    package var highest: Int { migrations.last?.version ?? 0 }

    /// Reads files by name. Files that do not end in `.sql` are ignored.
    package init(files: [String: [UInt8]]) throws(InvalidMigrationsError) {
        var issues: [MigrationIssue] = []
        var ups: [Int: (name: String, script: MigrationScript)] = [:]
        var downs: [Int: (name: String, script: MigrationScript)] = [:]
        for (file, bytes) in files.sorted(by: { $0.key < $1.key }) where file.hasSuffix(".sql") {
            guard let name = MigrationFileName(file) else {
                issues.append(.strangeName(file: file))
                continue
            }
            let script = MigrationScript(file: file, bytes: bytes)
            let other = name.direction == .up ? ups[name.version] : downs[name.version]
            if let other {
                issues.append(.sameVersion(file: file, other: other.script.file))
            } else if name.direction == .up {
                ups[name.version] = (name.name, script)
            } else {
                downs[name.version] = (name.name, script)
            }
        }
        for (version, down) in downs.sorted(by: { $0.key < $1.key }) where ups[version]?.name != down.name {
            issues.append(.downWithoutUp(file: down.script.file))
        }
        let versions = ups.keys.sorted()
        if versions.isEmpty, issues.isEmpty { issues.append(.noFiles) }
        // One issue for each gap, not for each number in it: a file named 9999 would make a long text.
        for (previous, version) in zip([0] + versions, versions) where version > previous + 1 {
            issues.append(.gap(version: previous + 1))
        }
        guard issues.isEmpty else { throw InvalidMigrationsError(issues: issues) }
        migrations = versions.compactMap { version in
            ups[version].map { Migration(version: version, name: $0.name, up: $0.script, down: downs[version]?.script) }
        }
    }
}

/// Finds and reads the directory of migration files.
package enum MigrationDirectory {
    /// The directory of the settings, otherwise `migrations` in the working directory or beside the program. Nil if neither of
    /// these exists.
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

    /// The `.sql` files of a directory, by name.
    /// - Throws: ``MigrationError`` if the directory or a file cannot be read.
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
