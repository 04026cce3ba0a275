import Formats

/// One row as the file has it, before anything is known of its fields.
package enum ImportRecord: Equatable {
    case fields(JSONObject, line: Int)
    /// What stands there is no row.
    case broken(RowError)
    /// The file itself is not what it has to be from here on, and no row behind this can be trusted.
    case damaged(RowError)
}
