/// What is wrong with one value of a document, as an `errors` member of problem details shows it (RFC 9457).
package struct FieldError: Equatable, Sendable {
    /// Where the value stands (RFC 6901): `/items/0/quantity`, empty for the whole document.
    package let pointer: String
    /// What it should have been: `must be between 1 and 999`.
    package let detail: String

    package init(pointer: String, detail: String) {
        self.pointer = pointer
        self.detail = detail
    }
}

/// Everything found wrong with a document, at most `JSONReader.maximumFaults` of it, never empty.
package struct FieldErrors: Error, Equatable, Sendable, CustomStringConvertible {
    package let faults: [FieldError]

    package init(_ faults: [FieldError]) {
        self.faults = faults
    }

    package var description: String {
        faults.map { "\($0.pointer.isEmpty ? "document" : $0.pointer) \($0.detail)" }.joined(separator: "; ")
    }
}
