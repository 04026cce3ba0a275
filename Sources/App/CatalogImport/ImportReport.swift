import Formats

/// The result of an import.
package struct ImportReport: Equatable, Sendable {
    /// Rows that were read, valid or not.
    package var rows = 0
    /// Rows that were refused.
    package var refused = 0
    package var created = 0
    package var updated = 0
    /// Variants whose stock was changed, including new variants.
    package var stocked = 0
    /// Variants whose stock was not changed, because orders reserved more than the file has during the import.
    package var unstocked = 0
    /// Variants whose threshold of low stock was set, including new variants.
    package var thresholds = 0
    /// Categories that were created.
    package var categories = 0
    /// Variants of existing products that were added, changed, or taken off sale.
    package var variants = 0
    /// Whether the import was committed. It is not in a dry run, or if rows were refused and the policy is to fail.
    package var isCommitted = false
    /// The catalogue's new version; nil if nothing was changed.
    package var version: Int64?

    package init() {}

    /// Rows that equal their product.
    package var unchanged: Int { max(0, rows - refused - created - updated) }

    /// Whether shoppers see a change.
    package var hasChanges: Bool { created > 0 || updated > 0 || stocked > 0 || categories > 0 || variants > 0 }
}

/// The progress of an import.
package enum ImportEvent: Sendable {
    /// The number of rows and bytes that are read and staged.
    case read(rows: Int, bytes: Int)
    /// All rows are staged and are now written as products.
    case applying
    case refused(RowError)
}

/// Why an import failed as a whole.
package struct ImportError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The file cannot be read.
        case unreadable
        /// The file is not a table of products: another format, another encoding, a quote that is never closed.
        case malformed
        /// The database cannot be reached, or the connection was lost.
        case unavailable
        /// Another import is running.
        case busy
        /// The database refused a statement.
        case failed
    }

    package let code: Code
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
