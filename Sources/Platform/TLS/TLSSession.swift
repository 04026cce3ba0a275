import COpenSSL

/// The encryption of one connection, of a server or a client.
///
/// A session **over a socket** reads and writes the socket itself, which copies nothing. The server uses it; the handshake happens
/// with the first reads.
///
/// A session **in memory** is a function from bytes to bytes: ``feed(_:)`` takes what the socket received, and ``takeOutput(_:)``
/// returns what must be sent, after each call. The client uses it: all commands of a turn leave in one system call, and the
/// session only ever waits for one thing, bytes from the peer.
package final class TLSSession {
    /// The result of ``read(into:)``.
    package enum ReadResult: Equatable {
        case bytes(Int)
        /// Nothing more has arrived.
        case blocked
        /// The peer sends no more.
        case ended
        /// The bytes are not TLS, or were changed on the way, or the two sides do not agree on a version or cipher.
        case failed(TLSError)
    }

    /// The BIOs of a session in memory. The session owns them.
    private struct Memory {
        let incoming: OpaquePointer
        let outgoing: OpaquePointer
    }

    /// More than a record holds (RFC 8446 §5.1). With so much room a read leaves nothing behind in OpenSSL, where the socket's
    /// readiness would not reveal it.
    private static let recordRoom = 16 << 10

    private let session: OpaquePointer
    /// Kept for as long as it is used.
    private let context: SharedContext
    /// Nil for a session over a socket.
    private let memory: Memory?
    /// Whether the handshake waits until the socket accepts more.
    package private(set) var wantsToWrite = false
    /// Whether the handshake is complete.
    package private(set) var isEstablished = false

    /// A server's session over a socket. Nil without memory.
    package init?(_ server: TLSServerContext, on descriptor: Int32) {
        context = server.shared
        memory = nil
        ERR_clear_error()
        guard let session = SSL_new(server.shared.pointer) else { return nil }
        guard let bio = SocketBIO.make(for: descriptor) else {
            SSL_free(session)
            return nil
        }
        self.session = session
        SSL_set_bio(session, bio, bio)
        SSL_set_accept_state(session)
    }

    /// A client's session in memory.
    /// - Parameter name: the host name or numeric address that the server's certificate must have.
    /// - Throws: ``TLSError`` when OpenSSL has no memory or rejects the name.
    package init(_ client: TLSClientContext, name: String) throws(TLSError) {
        context = client.shared
        ERR_clear_error()
        guard let session = SSL_new(client.shared.pointer) else { throw .openSSL("no TLS session") }
        guard let incoming = BIO_new(BIO_s_mem()) else {
            SSL_free(session)
            throw .openSSL("no TLS session")
        }
        guard let outgoing = BIO_new(BIO_s_mem()) else {
            BIO_free(incoming)
            SSL_free(session)
            throw .openSSL("no TLS session")
        }
        self.session = session
        memory = Memory(incoming: incoming, outgoing: outgoing)
        SSL_set_bio(session, incoming, outgoing)
        SSL_set_connect_state(session)
        try expect(name, verifies: client.verifies)
    }

    deinit { SSL_free(session) }

    /// Sets the name that the certificate must have, and that is sent to the server (SNI).
    private func expect(_ name: String, verifies: Bool) throws(TLSError) {
        let parameters = SSL_get0_param(session)
        // Addresses are compared as such, and are not allowed in SNI (RFC 6066 §3).
        if X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1 { return }
        ERR_clear_error()
        X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        guard !verifies || SSL_set1_host(session, name) == 1 else { throw .openSSL("not a server name") }
        let accepted = name.withCString {
            SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), UnsafeMutableRawPointer(mutating: $0))
        }
        guard accepted == 1 else { throw .openSSL("not a server name") }
    }

    // MARK: Both kinds

    /// Decrypts what has arrived into `buffer`, as long as there is room for a record.
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        var total = 0
        while buffer.count - total >= Self.recordRoom {
            ERR_clear_error()
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer[total...])
            let count = SSL_read(session, room.baseAddress, Int32(clamping: room.count))
            if !isEstablished { isEstablished = SSL_is_init_finished(session) == 1 }
            wantsToWrite = false
            if count > 0 {
                total += Int(count)
                continue
            }
            // The next call reports the reason again.
            if total > 0 { return .bytes(total) }
            switch SSL_get_error(session, count) {
            case SSL_ERROR_WANT_READ: return .blocked
            case SSL_ERROR_WANT_WRITE:
                wantsToWrite = memory == nil
                return .blocked
            case SSL_ERROR_ZERO_RETURN: return .ended
            default: return .failed(.openSSL("TLS"))
            }
        }
        return .bytes(total)
    }

    /// Encrypts from the front of `bytes`, and sends them where the session is over a socket.
    /// - Returns: the number of bytes taken; 0 where the socket accepts no more now, or the peer's bytes are needed first.
    /// - Throws: ``TLSError`` when the connection is lost.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(TLSError) -> Int {
        // SSL_write(3): with no bytes the behaviour is undefined; it reports an error of the connection.
        guard !bytes.isEmpty else { return 0 }
        ERR_clear_error()
        let count = SSL_write(session, bytes.baseAddress, Int32(clamping: bytes.count))
        if count > 0 { return Int(count) }
        let reason = SSL_get_error(session, count)
        // A server has nothing to write before the handshake is complete, so it never waits for the peer here.
        guard reason == SSL_ERROR_WANT_WRITE || (reason == SSL_ERROR_WANT_READ && memory != nil) else { throw .openSSL("TLS") }
        ERR_clear_error()
        return 0
    }

    /// Announces that no more will come (close_notify), as far as the socket accepts it at once.
    package func end() {
        guard isEstablished else { return }
        ERR_clear_error()
        _ = SSL_shutdown(session)
        ERR_clear_error()
    }

    // MARK: In memory

    /// Takes what the socket received.
    /// - Throws: ``TLSError`` without memory.
    package func feed(_ bytes: UnsafeRawBufferPointer) throws(TLSError) {
        guard let memory, !bytes.isEmpty else { return }
        ERR_clear_error()
        guard BIO_write(memory.incoming, bytes.baseAddress, Int32(clamping: bytes.count)) == bytes.count else {
            throw .openSSL("no memory for TLS")
        }
    }

    /// Continues the handshake; whether it is complete.
    /// - Throws: ``TLSError`` with the reason, such as a certificate that is not trusted.
    package func handshake() throws(TLSError) -> Bool {
        ERR_clear_error()
        let result = SSL_do_handshake(session)
        if result == 1 {
            isEstablished = true
            return true
        }
        let reason = SSL_get_error(session, result)
        if reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE { return false }
        let verdict = SSL_get_verify_result(session)
        if verdict != Int(X509_V_OK), let reason = X509_verify_cert_error_string(verdict) {
            ERR_clear_error()
            throw TLSError("TLS: the server's certificate: \(String(cString: reason))")
        }
        throw .openSSL("TLS")
    }

    /// Passes what must be sent to `body`, in pieces.
    package func takeOutput(_ body: (UnsafeRawBufferPointer) -> Void) {
        guard let memory else { return }
        let waiting = BIO_ctrl(memory.outgoing, BIO_CTRL_PENDING, 0, nil)
        guard waiting > 0 else { return }
        withUnsafeTemporaryAllocation(byteCount: min(waiting, 64 << 10), alignment: 1) { buffer in
            while true {
                let count = BIO_read(memory.outgoing, buffer.baseAddress, Int32(clamping: buffer.count))
                guard count > 0 else { return }
                body(UnsafeRawBufferPointer(rebasing: buffer[..<Int(count)]))
            }
        }
    }
}
