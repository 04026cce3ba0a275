/// Which program this is.
package enum Version {
    /// By semantic versioning.
    package static let text = "1.0.0"
}
