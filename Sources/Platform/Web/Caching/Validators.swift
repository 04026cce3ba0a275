import Formats

/// What tells one version of a representation from another, and so decides what a conditional request gets.
package struct Validators: Sendable {
    package let tag: EntityTag
    /// When it was last modified, in whole seconds since 1970; nil where nobody knows, as with what shows a stock:
    /// the time of a product's last change says nothing of what was sold since.
    package let modified: Int64?

    package init(tag: EntityTag, modified: Int64? = nil) {
        self.tag = tag
        self.modified = modified
    }
}
