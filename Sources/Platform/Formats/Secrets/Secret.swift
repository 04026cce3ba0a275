/// A password, key or token that shows itself nowhere but where `reveal` is called: not in logs, interpolations, dumps or JSON.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable, Encodable {
    /// What is shown instead. Of one length, whatever the secret's.
    package static let mask = "[masked]"

    private let value: String

    package init(_ value: String) {
        self.value = value
    }

    /// The secret itself.
    package func reveal() -> String { value }

    package var isEmpty: Bool { value.isEmpty }

    package var description: String { Self.mask }
    package var debugDescription: String { Self.mask }
    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Self.mask)
    }
}
