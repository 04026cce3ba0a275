import TLS

/// TLS for clients, on a port of its own.
package struct TLSSettings: Sendable {
    package let port: UInt16
    package let source: TLSIdentitySource
    /// The time between two checks of the certificate's files.
    package let reloadInterval: Duration
    /// How long the keys of session tickets are used.
    package let ticketLifetime: Duration
    /// The handshakes that may begin in a second.
    package let handshakeRate: Int
    /// The certificate as it was when the settings were read.
    package let context: TLSServerContext

    /// Nil if no port is set, or if the certificate cannot be used.
    static func read(_ reader: inout SettingsReader, beside server: ServerSettings) -> TLSSettings? {
        let port = reader.read(
            optional: "TLS_PORT", .integer(1...65_535),
            "Port for TLS 1.2 and 1.3, in addition to PORT; needs a certificate and its key")
        let certificateFile = reader.read(
            optional: "TLS_CERTIFICATE_FILE", .text,
            "PEM file with the certificate and its chain, reloaded when it changes")
        let keyFile = reader.read(optional: "TLS_KEY_FILE", .text, "PEM file with the certificate's private key")
        let certificate = reader.read(
            optional: "TLS_CERTIFICATE", .pem, as: .secret, "The certificate and its chain in PEM, instead of a file")
        let key = reader.read(optional: "TLS_KEY", .pem, as: .secret, "The private key in PEM, instead of a file")
        let interval = reader.read(
            "TLS_RELOAD_INTERVAL", .duration(.seconds(1) ... .seconds(86_400)), default: .seconds(10),
            "How often the certificate's files are checked for changes")
        let lifetime = reader.read(
            "TLS_TICKET_LIFETIME", .duration(.seconds(1) ... .seconds(604_800)), default: .seconds(86_400),
            "How long a key encrypts TLS session tickets before it is replaced")
        let rate = reader.read(
            "TLS_HANDSHAKE_RATE", .integer(0...100_000), default: 200,
            "Maximum new TLS handshakes in a second, twice as many at once; further connections wait. One client gets "
                + "a sixteenth of it, then its connections are closed; 0 is no limit")
        guard let port else {
            if certificateFile != nil || certificate != nil {
                reader.reject("TLS_PORT", "is not set, though there is a certificate", expected: "a port, or no certificate")
            }
            return nil
        }
        if port == server.port { reader.reject("TLS_PORT", "is PORT, \(port)", expected: "another port") }
        let source: TLSIdentitySource
        switch (certificateFile, keyFile, certificate, key) {
        case (let certificate?, let key?, nil, nil): source = .files(certificates: certificate, key: key)
        case (nil, nil, let certificate?, let key?):
            source = .fixed(TLSIdentity(certificates: Array(certificate.utf8), key: Array(key.utf8)))
        default:
            reader.reject(
                "TLS_PORT", "is set without one certificate and one key",
                expected: "TLS_CERTIFICATE_FILE and TLS_KEY_FILE, or TLS_CERTIFICATE and TLS_KEY")
            return nil
        }
        do throws(TLSError) {
            let context = try TLSServerContext(source.read())
            return TLSSettings(
                port: UInt16(clamping: port), source: source, reloadInterval: interval, ticketLifetime: lifetime,
                handshakeRate: rate,
                context: context)
        } catch {
            let name = certificateFile == nil ? "TLS_CERTIFICATE" : "TLS_CERTIFICATE_FILE"
            reader.reject(name, "cannot be used: \(error)", expected: "a certificate and its key, in PEM")
            return nil
        }
    }
}

extension SettingFormat where Value == String {
    /// Text in PEM (RFC 7468). Line ends may be written as `\n`, since some ways to set a variable allow only one line.
    fileprivate static var pem: SettingFormat {
        SettingFormat(
            expectation: "PEM, from -----BEGIN to -----END",
            read: { text in
                let lines = text.replacing("\\n", with: "\n")
                return lines.contains("-----BEGIN ") && lines.contains("-----END ") ? lines : nil
            },
            write: { $0 })
    }
}
