import COpenSSL
import Glibc

/// What all encrypted connections share that a server accepts with one certificate.
///
/// TLS 1.2 with forward secrecy and authenticated encryption, or TLS 1.3 (RFC 9325). HTTP/1.1 is what is spoken within
/// (RFC 7301). Sessions are resumed by tickets, which cost no memory here.
// Unchecked: an SSL_CTX that nobody changes any more may be used by several threads (openssl-threads(7)).
package final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer
    /// When the certificate ends, in seconds since 1970.
    package let expires: Int
    private let identity: TLSIdentity

    /// - Throws: ``TLSError`` where certificates or key cannot be read, do not belong together, or are weak.
    package init(_ identity: TLSIdentity) throws(TLSError) {
        ERR_clear_error()
        guard let pointer = SSL_CTX_new(TLS_server_method()) else { throw .openSSL("no TLS context") }
        self.pointer = pointer
        self.identity = identity
        expires = try Self.prepare(pointer, identity)
    }

    deinit { SSL_CTX_free(pointer) }

    /// The same with keys of its own for tickets: those that were given out before are of no use to it, and who finds its keys
    /// reads nothing of what was said before (RFC 5077 §5.5; RFC 9325 §3.4).
    package func renewed() throws(TLSError) -> TLSContext { try TLSContext(identity) }

    private static func prepare(_ context: OpaquePointer, _ identity: TLSIdentity) throws(TLSError) -> Int {
        do throws(TLSError) {
            guard SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil) == 1,
                SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1
            else { throw TLSError.openSSL("TLS 1.2 is not to be had") }
            // The buffer may move between attempts to write the same bytes; what an idle connection holds is released.
            let modes = Int(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER) | Int(SSL_MODE_RELEASE_BUFFERS)
            _ = SSL_CTX_ctrl(context, SSL_CTRL_MODE, modes, nil)
            _ = SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
            copenssl_forbid_renegotiation(context)
            copenssl_end_without_notice(context)
            SSL_CTX_set_alpn_select_cb(context, chooseHTTP11, nil)
            let expires = try use(certificates: identity.certificates, in: context)
            try use(key: identity.key, in: context)
            return expires
        } catch {
            SSL_CTX_free(context)
            throw error
        }
    }

    /// - Returns: when the first of them ends.
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
        // Reading ends with an error: that there is no more.
        ERR_clear_error()
        var time = tm()
        guard ASN1_TIME_to_tm(X509_get0_notAfter(own), &time) == 1 else { throw .openSSL("the certificate has no end") }
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

/// Without one, OpenSSL would ask at the terminal.
private let noPassword: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
    _, _, _, _ in 0
}

/// HTTP/1.1 where the client offers it; one that only offers others is told so.
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
