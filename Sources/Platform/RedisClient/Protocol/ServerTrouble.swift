/// Errors that are not about the command but about the server, or this connection to it.
enum ServerTrouble: Equatable {
    /// This connection is not logged in, or no longer.
    case authentication
    /// A replica, after a failover: writing is for another server now.
    case readOnly
    /// It loads its data, or has lost its primary.
    case notServing

    /// Nil for an error of the command's own. By the error's first word, which is its kind.
    init?(_ message: String) {
        switch message.prefix(while: { $0 != " " }) {
        case "NOAUTH", "WRONGPASS": self = .authentication
        case "READONLY": self = .readOnly
        case "LOADING", "MASTERDOWN": self = .notServing
        default: return nil
        }
    }
}
