/// Why migration files, or files and database together, make no sense; each names the file.
package enum MigrationFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// A file that ends in `.sql` has no name of a migration.
    case strangeName(file: String)
    /// Two files want to be the same version.
    case sameVersion(file: String, other: String)
    /// A version between others has no file.
    case gap(version: Int)
    /// A way back without the way there.
    case downWithoutUp(file: String)
    /// The directory holds no migration at all.
    case noFiles
    /// It was applied, and its file says something else now.
    case edited(file: String)
    /// It was applied under another name.
    case renamed(file: String, applied: String)
    /// It was applied, and its file is gone.
    case fileMissing(applied: String)
    /// It was not applied, but a later one was.
    case skipped(file: String, highest: Int)
    /// It has no way back.
    case noWayBack(migration: String)
    /// There is no such version to go to.
    case unknownVersion(Int, highest: Int)

    package var description: String {
        switch self {
        case .strangeName(let file): "\(file): a migration is named like 0001_catalogue.up.sql"
        case .sameVersion(let file, let other): "\(file): has the same number as \(other)"
        case .gap(let version): "\(Migration.title(version, "*")): no migration has this number, but later ones exist"
        case .downWithoutUp(let file): "\(file): there is no .up.sql beside it"
        case .noFiles: "there are no migration files"
        case .edited(let file): "\(file): was edited after it was applied; restore it and write a new migration"
        case .renamed(let file, let applied): "\(file): was applied as \(applied)"
        case .fileMissing(let applied): "\(applied): was applied, but its file is missing"
        case .skipped(let file, let highest):
            "\(file): was never applied, although version \(highest) was; give it a higher number"
        case .noWayBack(let migration): "\(migration): has no .down.sql, so there is no way back"
        case .unknownVersion(let version, let highest): "there is no version \(version); versions are 0 to \(highest)"
        }
    }
}
