import COpenSSL

/// The encryption of one connection, as a function from bytes to bytes.
///
/// OpenSSL reads and writes memory here and never sees the socket (`SSL_set_fd` would be the other way).
/// So the socket is read and written in one place, encrypted or not, a turn's commands still leave in one
/// system call, no write of OpenSSL's can raise SIGPIPE, and it only ever wants one thing: more bytes from
/// the peer. What it has to say itself, at any time, is in ``takeOutput(_:)`` after each call.
final class TLSSession {
    enum Progress: Equatable {
        case wantsBytes
        case done
    }

    private let session: OpaquePointer
    // Owned by the session from the start.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    private let context: TLSContext

    /// - Parameter name: a host name or numeric address that the certificate must bear.
    /// - Throws: `connectFailed` where OpenSSL has no memory or refuses the name.
    init(_ context: TLSContext, name: String, verifies: Bool) throws(RedisError) {
        self.context = context
        ERR_clear_error()
        guard let session = SSL_new(context.pointer) else { throw TLSContext.failure("no TLS session") }
        guard let incoming = BIO_new(BIO_s_mem()) else {
            SSL_free(session)
            throw TLSContext.failure("no TLS session")
        }
        guard let outgoing = BIO_new(BIO_s_mem()) else {
            BIO_free(incoming)
            SSL_free(session)
            throw TLSContext.failure("no TLS session")
        }
        self.session = session
        self.incoming = incoming
        self.outgoing = outgoing
        SSL_set_bio(session, incoming, outgoing)
        SSL_set_connect_state(session)
        let parameters = SSL_get0_param(session)
        // Addresses are matched as such, and have no place in SNI (RFC 6066, section 3).
        if X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1 { return }
        ERR_clear_error()
        X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        guard !verifies || SSL_set1_host(session, name) == 1 else { throw TLSContext.failure("not a server name") }
        let asked = name.withCString {
            SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), UnsafeMutableRawPointer(mutating: $0))
        }
        guard asked == 1 else { throw TLSContext.failure("not a server name") }
    }

    deinit { SSL_free(session) }

    /// Takes what the socket received.
    /// - Throws: `connectFailed` for lack of memory.
    func feed(_ bytes: UnsafeRawBufferPointer) throws(RedisError) {
        guard !bytes.isEmpty else { return }
        ERR_clear_error()
        guard BIO_write(incoming, bytes.baseAddress, Int32(clamping: bytes.count)) == bytes.count else {
            throw TLSContext.failure("no memory for TLS")
        }
    }

    /// Goes on with the handshake.
    /// - Throws: `connectFailed` with the reason, such as a certificate that doesn't hold.
    func handshake() throws(RedisError) -> Progress {
        ERR_clear_error()
        let result = SSL_do_handshake(session)
        if result == 1 { return .done }
        if wantsMore(result) { return .wantsBytes }
        let verdict = SSL_get_verify_result(session)
        if verdict != Int(X509_V_OK), let reason = X509_verify_cert_error_string(verdict) {
            ERR_clear_error()
            throw RedisError(.connectFailed, "TLS: the server's certificate: \(String(cString: reason))")
        }
        throw TLSContext.failure("TLS")
    }

    /// Decrypts into `buffer`.
    /// - Returns: how many bytes; 0 when more must be received first, nil when the peer has ended the stream.
    /// - Throws: `connectionLost` when what came is not TLS, or was tampered with.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(RedisError) -> Int? {
        ERR_clear_error()
        let count = SSL_read(session, buffer.baseAddress, Int32(clamping: buffer.count))
        if count > 0 { return Int(count) }
        if wantsMore(count) { return 0 }
        if SSL_get_error(session, count) == SSL_ERROR_ZERO_RETURN { return nil }
        throw RedisError(.connectionLost, TLSContext.failure("TLS").message)
    }

    /// Encrypts from the front of `bytes`.
    /// - Returns: how many of them; 0 when the peer must be heard first.
    /// - Throws: `connectionLost`.
    func write(_ bytes: UnsafeRawBufferPointer) throws(RedisError) -> Int {
        guard !bytes.isEmpty else { return 0 }
        ERR_clear_error()
        let count = SSL_write(session, bytes.baseAddress, Int32(clamping: bytes.count))
        if count > 0 { return Int(count) }
        if wantsMore(count) { return 0 }
        throw RedisError(.connectionLost, TLSContext.failure("TLS").message)
    }

    /// Says that no more will come (close_notify).
    func end() {
        ERR_clear_error()
        _ = SSL_shutdown(session)
        ERR_clear_error()
    }

    /// Moves what must go to the socket.
    func takeOutput(_ output: inout OutputBuffer) {
        let waiting = BIO_ctrl(outgoing, BIO_CTRL_PENDING, 0, nil)
        guard waiting > 0 else { return }
        withUnsafeTemporaryAllocation(byteCount: min(waiting, 64 << 10), alignment: 1) { buffer in
            while true {
                let count = BIO_read(outgoing, buffer.baseAddress, Int32(clamping: buffer.count))
                guard count > 0 else { return }
                output.append(UnsafeRawBufferPointer(rebasing: buffer[..<Int(count)]))
            }
        }
    }

    /// Memory takes every write, so wanting to write cannot be; it is answered like wanting to read.
    private func wantsMore(_ result: Int32) -> Bool {
        let error = SSL_get_error(session, result)
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE
    }
}
