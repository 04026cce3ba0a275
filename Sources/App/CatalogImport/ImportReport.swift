/// What an import came to.
package struct ImportReport: Equatable, Sendable {
    /// Rows read, good or not.
    package var rows = 0
    /// Rows that were not taken.
    package var refused = 0
    package var created = 0
    package var updated = 0
    /// Variants whose number on hand was changed, new ones included.
    package var stocked = 0
    /// Variants whose number on hand stayed as it was, as orders reserved more of them than the file has while it was imported.
    package var unstocked = 0
    /// Categories made.
    package var categories = 0
    /// Variants made for products that were there, changed, or no longer sold.
    package var variants = 0
    /// Whether it was committed: not where rows were refused and that counts as failing, nor in a dry run.
    package var isCommitted = false
    /// The catalogue's version since; nil where nothing was changed.
    package var version: Int64?

    package init() {}

    /// Rows that said what was known already.
    package var unchanged: Int { max(0, rows - refused - created - updated) }

    /// Whether anything shoppers see is other than before.
    package var hasChanges: Bool { created > 0 || updated > 0 || stocked > 0 || categories > 0 || variants > 0 }
}
