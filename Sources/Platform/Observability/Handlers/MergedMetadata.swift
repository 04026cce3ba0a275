import Logging

/// Metadata of several origins as one list, sorted by key so that equal records make equal lines.
enum MergedMetadata {
    /// Of two values for a key the one from the later origin counts.
    static func sorted(_ origins: Logger.Metadata?...) -> [(key: String, value: Logger.Metadata.Value)] {
        var merged: Logger.Metadata?
        for case let origin? in origins where !origin.isEmpty {
            // One origin is the rule, and needs no copy.
            if merged == nil { merged = origin } else { merged?.merge(origin) { _, later in later } }
        }
        guard let merged else { return [] }
        return merged.sorted { $0.key < $1.key }
    }
}
