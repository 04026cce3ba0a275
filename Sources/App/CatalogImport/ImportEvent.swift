/// What an import does while it does it, for whoever watches.
package enum ImportEvent: Sendable {
    /// So many rows, out of so many bytes, are read and staged.
    case read(rows: Int, bytes: Int)
    /// All rows are staged; now they become products.
    case applying
    case refused(RowError)
}
