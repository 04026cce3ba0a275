/// Who a server is to its clients: a certificate with its chain, and the key that belongs to it, both PEM (RFC 7468).
package struct TLSIdentity: Sendable, Equatable {
    /// The server's own certificate first, those that vouch for it after.
    package let certificates: [UInt8]
    package let key: [UInt8]

    package init(certificates: [UInt8], key: [UInt8]) {
        self.certificates = certificates
        self.key = key
    }
}
