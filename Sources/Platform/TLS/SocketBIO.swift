import COpenSSL
import CSystem
import Glibc

/// Lets OpenSSL use a socket with send(2). Its own socket BIO uses write(2), which raises SIGPIPE when the peer is gone.
enum SocketBIO {
    /// A new BIO, which the caller owns; nil without memory.
    static func make(for descriptor: Int32) -> OpaquePointer? {
        guard let method, let bio = BIO_new(method.pointer) else { return nil }
        BIO_set_data(bio, UnsafeMutableRawPointer(bitPattern: Int(descriptor) + 1))
        BIO_set_init(bio, 1)
        return bio
    }

    /// The flags that say why the last call did not succeed.
    private static let transient = BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_IO_SPECIAL | BIO_FLAGS_SHOULD_RETRY

    // Unchecked: made once, and never changed.
    private struct Method: @unchecked Sendable { let pointer: OpaquePointer }

    private static let method: Method? = {
        guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket") else { return nil }
        BIO_meth_set_write(method) { bio, bytes, count in
            BIO_clear_flags(bio, SocketBIO.transient)
            let sent = Glibc.send(SocketBIO.descriptor(bio), bytes, Int(max(0, count)), Int32(MSG_NOSIGNAL))
            if sent < 0, SocketBIO.isTransient(errno) { BIO_set_flags(bio, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY) }
            return Int32(clamping: sent)
        }
        BIO_meth_set_read(method) { bio, bytes, count in
            BIO_clear_flags(bio, SocketBIO.transient)
            let received = recv(SocketBIO.descriptor(bio), bytes, Int(max(0, count)), 0)
            if received < 0, SocketBIO.isTransient(errno) { BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY) }
            if received == 0 { BIO_set_flags(bio, BIO_FLAGS_IN_EOF) }
            return Int32(clamping: received)
        }
        BIO_meth_set_ctrl(method) { bio, command, _, _ in
            switch command {
            case BIO_CTRL_FLUSH: 1
            case BIO_CTRL_EOF: BIO_test_flags(bio, BIO_FLAGS_IN_EOF) == 0 ? 0 : 1
            default: 0
            }
        }
        return Method(pointer: method)
    }()

    // The BIO holds the descriptor plus one: 0 would be a null pointer.
    private static func descriptor(_ bio: OpaquePointer?) -> Int32 {
        Int32(truncatingIfNeeded: Int(bitPattern: BIO_get_data(bio)) - 1)
    }

    private static func isTransient(_ error: Int32) -> Bool { error == EAGAIN || error == EWOULDBLOCK || error == EINTR }
}
