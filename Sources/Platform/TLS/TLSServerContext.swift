import COpenSSL
import Glibc
import Synchronization

/// What the encrypted connections of a server with one certificate share.
///
/// TLS 1.3, or TLS 1.2 with forward secrecy and authenticated encryption (RFC 9325). HTTP/1.1 is the only protocol within
/// (RFC 7301). Clients resume sessions with tickets, which cost no memory here.
package final class TLSServerContext: Sendable {
    let shared: SharedContext
    /// When the certificate expires, in seconds since 1970.
    package let expires: Int
    private let identity: TLSIdentity

    /// - Throws: ``TLSError`` when the certificates or the key cannot be read, do not match, or are weak.
    package init(_ identity: TLSIdentity) throws(TLSError) {
        self.identity = identity
        shared = try SharedContext(TLS_server_method())
        let pointer = shared.pointer
        guard SSL_CTX_set_cipher_list(pointer, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 else {
            throw .openSSL("cannot select the ciphers of TLS 1.2")
        }
        _ = SSL_CTX_ctrl(pointer, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        copenssl_end_without_notice(pointer)
        SSL_CTX_set_alpn_select_cb(pointer, chooseHTTP11, nil)
        expires = try Self.use(certificates: identity.certificates, in: pointer)
        try Self.use(key: identity.key, in: pointer)
    }

    /// A context with the same identity and new ticket keys. Earlier tickets stop working, and a leak of the new keys does not
    /// reveal earlier traffic (RFC 5077 §5.5; RFC 9325 §3.4).
    package func renewed() throws(TLSError) -> TLSServerContext { try TLSServerContext(identity) }

    /// - Returns: when the server's own certificate expires, in seconds since 1970.
    private static func use(certificates: [UInt8], in context: OpaquePointer) throws(TLSError) -> Int {
        let source = try memory(certificates)
        defer { BIO_free(source) }
        guard let own = PEM_read_bio_X509(source, nil, noPassword, nil) else {
            throw .openSSL("there is no certificate in PEM")
        }
        defer { X509_free(own) }
        guard SSL_CTX_use_certificate(context, own) == 1 else { throw .openSSL("the certificate cannot be used") }
        while let next = PEM_read_bio_X509(source, nil, noPassword, nil) {
            // The chain owns what it takes.
            guard SSL_CTX_ctrl(context, SSL_CTRL_EXTRA_CHAIN_CERT, 0, UnsafeMutableRawPointer(next)) == 1 else {
                X509_free(next)
                throw .openSSL("a certificate of the chain cannot be used")
            }
        }
        // The end of the file leaves an error in the queue.
        ERR_clear_error()
        var time = tm()
        guard ASN1_TIME_to_tm(X509_get0_notAfter(own), &time) == 1 else { throw .openSSL("the certificate has no expiry date") }
        return timegm(&time)
    }

    private static func use(key: [UInt8], in context: OpaquePointer) throws(TLSError) {
        let source = try memory(key)
        defer { BIO_free(source) }
        guard let key = PEM_read_bio_PrivateKey(source, nil, noPassword, nil) else {
            throw .openSSL("there is no private key in PEM without a passphrase")
        }
        defer { EVP_PKEY_free(key) }
        guard SSL_CTX_use_PrivateKey(context, key) == 1, SSL_CTX_check_private_key(context) == 1 else {
            throw .openSSL("certificate and key do not belong together")
        }
    }

    private static func memory(_ bytes: [UInt8]) throws(TLSError) -> OpaquePointer {
        let source = BIO_new(BIO_s_mem())
        guard let source, BIO_write(source, bytes, Int32(clamping: bytes.count)) == bytes.count else {
            BIO_free(source)
            throw .openSSL("no memory for a certificate")
        }
        return source
    }
}

/// The context for new connections. It can be replaced while the server runs; connections keep the context they began with.
package final class CertificateStore: Sendable {
    private let context: Mutex<TLSServerContext>

    package init(_ context: TLSServerContext) { self.context = Mutex(context) }

    package var current: TLSServerContext { context.withLock { $0 } }

    package func replace(with new: TLSServerContext) { context.withLock { $0 = new } }
}

/// Without a callback, OpenSSL would ask for a passphrase at the terminal.
private let noPassword: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
    _, _, _, _ in 0
}

/// Chooses HTTP/1.1 where the client offers it. A client that offers only other protocols gets an alert.
private let chooseHTTP11:
    @convention(c) (
        OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?, UnsafePointer<UInt8>?,
        UInt32, UnsafeMutableRawPointer?
    ) -> Int32 = { _, chosen, length, offered, count, _ in
        let wanted = Array("http/1.1".utf8)
        let names = UnsafeBufferPointer(start: offered, count: Int(count))
        var start = 0
        while start < names.count {
            let end = start + 1 + Int(names[start])
            guard end <= names.count else { break }
            if names[(start + 1)..<end].elementsEqual(wanted) {
                chosen?.pointee = offered.map { $0 + start + 1 }
                length?.pointee = UInt8(wanted.count)
                return SSL_TLSEXT_ERR_OK
            }
            start = end
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
