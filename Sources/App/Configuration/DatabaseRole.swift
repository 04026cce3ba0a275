/// A role of PostgreSQL's that may log in.
package struct DatabaseRole: Sendable {
    package let name: String
    /// Empty where none was given.
    package let password: String

    package init(name: String, password: String) {
        self.name = name
        self.password = password
    }
}

extension DatabaseRole: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name alone.
    package var description: String { name }

    package var debugDescription: String { name }

    /// So that `dump` of what contains it doesn't show the password either.
    package var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}
