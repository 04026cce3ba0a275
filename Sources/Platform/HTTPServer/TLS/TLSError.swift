import COpenSSL

/// What is wrong with a certificate or key, fit for an operator; never with a part of the key.
package struct TLSError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }

    /// With what OpenSSL put on this thread's error queue.
    static func openSSL(_ what: String) -> TLSError {
        let number = ERR_get_error()
        ERR_clear_error()
        guard number != 0, let reason = ERR_reason_error_string(number) else { return TLSError(what) }
        return TLSError("\(what): \(String(cString: reason))")
    }
}
