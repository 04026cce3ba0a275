import COpenSSL

/// What is wrong with a certificate, a key or an encrypted connection. The text is for operators and never contains a part of a key.
package struct TLSError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }

    /// `what`, and the reason from OpenSSL's error queue of this thread.
    static func openSSL(_ what: String) -> TLSError {
        let number = ERR_get_error()
        ERR_clear_error()
        guard number != 0 else { return TLSError(what) }
        if let reason = ERR_reason_error_string(number) { return TLSError("\(what): \(String(cString: reason))") }
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(number, &text, text.count)
        return TLSError("\(what): \(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))")
    }
}
