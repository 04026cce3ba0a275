/// Where a server also takes encrypted connections.
package struct TLSListener: Sendable {
    /// 0 takes any free port.
    package var port: UInt16
    package var certificates: CertificateStore
    /// How many handshakes are begun in a second, and twice as many at once; connections beyond that wait to be accepted. A
    /// handshake costs about a millisecond of a CPU, a thousand times what a small request does. 0: any number.
    package var handshakeRate = 200

    /// Of how many clients the handshakes are: one may begin this part of them, where clients' connections are bounded at all.
    static let clients = 16

    package init(port: UInt16, certificates: CertificateStore, handshakeRate: Int = 200) {
        self.handshakeRate = handshakeRate
        self.port = port
        self.certificates = certificates
    }
}
