/// The migrations that files hold: versions 1, 2, 3 … without gap, in that order.
package struct MigrationSet: Equatable, Sendable {
    package let migrations: [Migration]

    /// The highest version.
    package var highest: Int { migrations.last?.version ?? 0 }

    /// From files by name. Those that don't end in `.sql` don't count.
    package init(files: [String: [UInt8]]) throws(MigrationFaults) {
        var faults: [MigrationFault] = []
        var ups: [Int: (name: String, script: MigrationScript)] = [:]
        var downs: [Int: (name: String, script: MigrationScript)] = [:]
        for (file, bytes) in files.sorted(by: { $0.key < $1.key }) where file.hasSuffix(".sql") {
            guard let name = MigrationFileName(file) else {
                faults.append(.strangeName(file: file))
                continue
            }
            let script = MigrationScript(file: file, bytes: bytes)
            let other = name.direction == .up ? ups[name.version] : downs[name.version]
            if let other {
                faults.append(.sameVersion(file: file, other: other.script.file))
            } else if name.direction == .up {
                ups[name.version] = (name.name, script)
            } else {
                downs[name.version] = (name.name, script)
            }
        }
        for (version, down) in downs.sorted(by: { $0.key < $1.key }) where ups[version]?.name != down.name {
            faults.append(.downWithoutUp(file: down.script.file))
        }
        let versions = ups.keys.sorted()
        if versions.isEmpty, faults.isEmpty { faults.append(.noFiles) }
        // Told once for each hole, not for each number in it: a file named 9999 would make for a long text.
        for (previous, version) in zip([0] + versions, versions) where version > previous + 1 {
            faults.append(.gap(version: previous + 1))
        }
        guard faults.isEmpty else { throw MigrationFaults(faults: faults) }
        migrations = versions.compactMap { version in
            ups[version].map { Migration(version: version, name: $0.name, up: $0.script, down: downs[version]?.script) }
        }
    }
}
