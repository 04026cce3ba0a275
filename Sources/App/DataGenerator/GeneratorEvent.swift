/// What a generator does while it does it, for whoever watches.
package enum GeneratorEvent: Sendable {
    /// So many of all rows have been sent.
    case wrote(rows: Int, of: Int)
    /// The rows are there; now come the indexes, of which this is the next.
    case indexing(String)
    /// All is committed; now it is swept and counted, for the planner.
    case analyzing
}
