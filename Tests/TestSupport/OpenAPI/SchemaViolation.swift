/// One thing about a JSON value that its schema does not allow.
package struct SchemaViolation: Equatable, Sendable, CustomStringConvertible {
    /// Where in the value (RFC 6901).
    package let pointer: String
    /// The schema's keyword that is not kept, or `checker` where the schema itself cannot be used.
    package let keyword: String
    package let detail: String

    package var description: String { "\(pointer.isEmpty ? "/" : pointer): \(keyword): \(detail)" }
}
