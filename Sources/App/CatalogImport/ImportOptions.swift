/// How an import is to be done.
package struct ImportOptions: Sendable {
    /// What a row that can't be taken means.
    package enum FaultPolicy: String, CaseIterable, Sendable {
        /// Nothing is imported.
        case fail
        /// All others are imported.
        case skip
    }

    /// Nil: told by how the rows begin.
    package var format: ImportFormat?
    package var onFault = FaultPolicy.fail
    /// Does everything, reports, and takes it back.
    package var isDryRun = false

    package init() {}
}
