/// One step of the schema, from its files.
package struct Migration: Equatable, Sendable {
    package let version: Int
    package let name: String
    /// The way to it.
    package let up: MigrationScript
    /// The way back; nil: there is none.
    package let down: MigrationScript?

    /// How people call it: `0002_carts`.
    package var title: String { Self.title(version, name) }

    static func title(_ version: Int, _ name: String) -> String {
        let digits = String(version)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "_" + name
    }
}
