import COpenSSL

/// What the encrypted connections of a client share: the authorities that it trusts, and the versions that it accepts.
///
/// Making one reads files: do that off the loop.
package final class TLSClientContext: Sendable {
    let shared: SharedContext
    /// Whether the server's certificate and name are checked.
    let verifies: Bool

    /// - Parameters:
    ///   - verifies: whether the server's certificate and name are checked; false is for tests against a server of one's own
    ///   - authorityFile: a PEM file with the authorities to trust; nil for the system's
    /// - Throws: ``TLSError`` when the authorities cannot be read.
    package init(verifies: Bool = true, authorityFile: String? = nil) throws(TLSError) {
        self.verifies = verifies
        shared = try SharedContext(TLS_client_method())
        let pointer = shared.pointer
        SSL_CTX_set_verify(pointer, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
        guard verifies else { return }
        if let authorityFile {
            guard SSL_CTX_load_verify_locations(pointer, authorityFile, nil) == 1 else {
                throw .openSSL("the authorities in \(authorityFile) cannot be read")
            }
        } else {
            guard SSL_CTX_set_default_verify_paths(pointer) == 1 else {
                throw .openSSL("the system's authorities cannot be read")
            }
        }
    }
}

/// An SSL_CTX with the settings that servers and clients share: TLS 1.2 or later, no renegotiation.
// Unchecked: several threads may use an SSL_CTX that does not change any more (openssl-threads(7)).
final class SharedContext: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ method: OpaquePointer?) throws(TLSError) {
        ERR_clear_error()
        guard let pointer = SSL_CTX_new(method) else { throw .openSSL("no TLS context") }
        self.pointer = pointer
        guard SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil) == 1 else {
            throw .openSSL("cannot enable TLS 1.2")
        }
        // The buffer may move between two attempts to write the same bytes. An idle connection releases its buffers.
        let modes = Int(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER) | Int(SSL_MODE_RELEASE_BUFFERS)
        _ = SSL_CTX_ctrl(pointer, SSL_CTRL_MODE, modes, nil)
        copenssl_forbid_renegotiation(pointer)
    }

    deinit { SSL_CTX_free(pointer) }
}
