/// What has become of a cart.
package enum CartStatus: String, Sendable {
    case active
    /// An order was placed from it.
    case converted
    /// Its lines went into another cart.
    case merged
    /// Nobody came back for it in time.
    case expired
}
