/// What a list was asked for, as one number that its cursors carry: filter, sort order, whatever decides which rows
/// there are and in which order.
package struct CursorFilter: Sendable {
    package let fingerprint: UInt64
    /// What signs the list's cursors.
    let key: AuthenticationKey

    /// - Parameters:
    ///   - parts: the same for the same list, in every process: `["products", "newest", category ?? ""]`.
    ///   - key: of ``EncryptionKeys/Purpose/cursors``
    package init(_ parts: [String], key: AuthenticationKey) {
        self.key = key
        var bytes: [UInt8] = []
        for part in parts {
            // Each with its length, so that no two lists of parts read alike.
            bytes.append(contentsOf: "\(part.utf8.count):".utf8)
            bytes.append(contentsOf: part.utf8)
        }
        fingerprint = SHA256.hash(bytes).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension EncryptionKeys.Purpose {
    /// To sign the cursors of lists.
    package static let cursors = EncryptionKeys.Purpose("list cursors")
}
