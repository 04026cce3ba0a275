import COpenSSL

/// What all encrypted connections of a client share: the authorities it trusts and the versions it speaks.
///
/// Making one reads files, so it is made off the loop.
// Unchecked: an SSL_CTX that nobody changes any more may be used by several threads (openssl-threads(7)).
final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer

    /// - Throws: `connectFailed` when the authorities cannot be read.
    init(_ options: RedisTLSOptions) throws(RedisError) {
        ERR_clear_error()
        guard let pointer = SSL_CTX_new(TLS_client_method()) else { throw Self.failure("no TLS context") }
        self.pointer = pointer
        guard SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil) == 1 else {
            throw Self.failure("TLS 1.2 is not to be had")
        }
        // The buffer may move between attempts to write the same bytes; what an idle connection holds is released.
        _ = SSL_CTX_ctrl(
            pointer, SSL_CTRL_MODE,
            Int(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER) | Int(SSL_MODE_RELEASE_BUFFERS), nil)
        copenssl_forbid_renegotiation(pointer)
        SSL_CTX_set_verify(pointer, options.verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
        guard options.verifies else { return }
        if let file = options.authorityFile {
            guard SSL_CTX_load_verify_locations(pointer, file, nil) == 1 else {
                throw Self.failure("the authorities in \(file) cannot be read")
            }
        } else {
            guard SSL_CTX_set_default_verify_paths(pointer) == 1 else {
                throw Self.failure("the system's authorities cannot be read")
            }
        }
    }

    deinit { SSL_CTX_free(pointer) }

    /// What OpenSSL put on this thread's error queue, behind `what`.
    static func failure(_ what: String) -> RedisError {
        let number = ERR_get_error()
        ERR_clear_error()
        guard number != 0 else { return RedisError(.connectFailed, what) }
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(number, &text, text.count)
        return RedisError(
            .connectFailed, "\(what): \(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))")
    }
}
