/// How a connection is encrypted.
package struct RedisTLSOptions: Equatable, Sendable {
    /// Whether the server's certificate and name are checked. Off only against a server of one's own, for tests.
    package var verifies = true
    /// A PEM file of the authorities to trust in place of the system's.
    package var authorityFile: String?
    /// The name the certificate must bear, and the one asked for (SNI); the host when nil.
    package var serverName: String?

    package init() {}
}
