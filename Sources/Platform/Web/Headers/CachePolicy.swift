/// The values of Cache-Control that the service sends: all of them are here or in an extension of this type
/// (RFC 9111 §5.2.2).
///
/// None says `public`. A shared cache may store these responses anyway, and `public` would also let it store responses to
/// requests with Authorization (RFC 9111 §5.2.2.9).
package enum CachePolicy {
    /// For secrets, personal data and errors, and the default for everything else.
    package static let notStored = "no-store"
    /// Stored by the client's browser only, and revalidated for each use: for one person's data that is read often.
    package static let personal = "private, no-cache"
    /// Stored by every cache, and revalidated for each use: for what changes with a release.
    package static let revalidated = "no-cache"
    /// Images: a day, and no longer, as an image keeps its name when it changes.
    package static let asset = "max-age=86400"
}
