import Formats

/// One row as the file has it, before anything is known of its fields.
package enum ImportRecord: Equatable {
    case fields(JSONObject, line: Int)
    /// What stands there is no row.
    case broken(ImportFault)
}
