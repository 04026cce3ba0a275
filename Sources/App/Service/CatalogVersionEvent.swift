/// What is known of the catalogue's version.
enum CatalogVersionEvent: Sendable {
    /// It is this, and changes are heard as they come.
    case heard(Int64)
    /// It was this when a look began, at an instant in nanoseconds of the monotonic clock; changes are not heard.
    case seen(Int64, at: UInt64)
    /// Changes are heard no more.
    case lost
}
