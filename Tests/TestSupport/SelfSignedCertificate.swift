import Foundation

/// A certificate for localhost and 127.0.0.1 that is its own authority, valid for a day.
package struct SelfSignedCertificate: Sendable {
    /// The path of the certificate; clients trust it by naming this file as their authority.
    package let certificate: String
    /// The path of its private key.
    package let key: String

    /// Makes one in a directory, with the openssl program.
    package init(in directory: String) throws {
        certificate = directory + "/certificate.pem"
        key = directory + "/key.pem"
        try Command.check([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key,
            "-out", certificate,
        ])
    }
}
