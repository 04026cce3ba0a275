import COpenSSL

/// The encryption of one accepted connection. Does the handshake by itself with the first read.
final class TLSSession {
    enum Input: Equatable {
        case bytes(Int)
        /// Nothing more has come.
        case blocked
        /// The client sends no more.
        case ended
        /// What came is not TLS, or was tampered with, or no agreement was found.
        case failed
    }

    /// More than a record holds (RFC 8446 §5.1): with so much room a read leaves nothing behind in OpenSSL, where no
    /// readiness of the socket would tell of it.
    static let recordRoom = 16 << 10

    private let session: OpaquePointer
    // Kept for as long as it is used.
    private let context: TLSContext
    /// Whether the handshake waits until the socket takes more.
    private(set) var wantsToWrite = false
    private(set) var isEstablished = false

    /// Nil without memory.
    init?(_ context: TLSContext, on descriptor: Int32) {
        self.context = context
        ERR_clear_error()
        guard let session = SSL_new(context.pointer) else { return nil }
        guard let bio = SocketBIO.make(for: descriptor) else {
            SSL_free(session)
            return nil
        }
        SSL_set_bio(session, bio, bio)
        SSL_set_accept_state(session)
        self.session = session
    }

    deinit { SSL_free(session) }

    /// Decrypts what has come into `buffer`, as long as there is room for a record.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Input {
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
            // What is read comes first; the rest is asked for again.
            if total > 0 { return .bytes(total) }
            switch SSL_get_error(session, count) {
            case SSL_ERROR_WANT_READ: return .blocked
            case SSL_ERROR_WANT_WRITE:
                wantsToWrite = true
                return .blocked
            case SSL_ERROR_ZERO_RETURN: return .ended
            default:
                ERR_clear_error()
                return .failed
            }
        }
        return .bytes(total)
    }

    /// Encrypts and sends from the front of `bytes`; how many of them, 0 where the socket takes no more now, nil where it
    /// never will.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int? {
        // SSL_write(3): of no bytes the behaviour is undefined; it reports an error of the connection.
        guard !bytes.isEmpty else { return 0 }
        ERR_clear_error()
        let count = SSL_write(session, bytes.baseAddress, Int32(clamping: bytes.count))
        if count > 0 { return Int(count) }
        let isBlocked = SSL_get_error(session, count) == SSL_ERROR_WANT_WRITE
        ERR_clear_error()
        return isBlocked ? 0 : nil
    }

    /// Says that no more will come (close_notify), as far as the socket takes it at once.
    func end() {
        guard isEstablished else { return }
        ERR_clear_error()
        _ = SSL_shutdown(session)
        ERR_clear_error()
    }
}
