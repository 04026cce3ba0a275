/// What browsers and content networks are told about how long answers may be kept: every value of Cache-Control that
/// the service sends is here or in an extension of this (RFC 9111 §5.2.2).
///
/// None says `public`: a shared cache may keep these anyway, and the word would also let it keep what is answered to a request
/// with Authorization (RFC 9111 §5.2.2.9).
package enum CachePolicy {
    /// Not at all: what holds a secret or a person's data, every error, and what nothing else is said of.
    package static let notStored = "no-store"
    /// By its own browser only, and asked about each time: what is one person's and seen often.
    package static let personal = "private, no-cache"
    /// By every cache, and asked about each time: what changes with a release.
    package static let revalidated = "no-cache"
    /// Pictures: a day. Their names stay when they change, so no longer.
    package static let asset = "max-age=86400"
}
