/// What a list was asked for, as one number that its cursors carry: filter, sort order, whatever decides which rows
/// there are and in which order.
package struct CursorFilter: Sendable, Hashable {
    package let fingerprint: UInt64

    /// - Parameter parts: the same for the same list, in every process: `["products", "newest", category ?? ""]`.
    package init(_ parts: [String]) {
        var bytes: [UInt8] = []
        for part in parts {
            // Each with its length, so that no two lists of parts read alike.
            bytes.append(contentsOf: "\(part.utf8.count):".utf8)
            bytes.append(contentsOf: part.utf8)
        }
        fingerprint = SHA256.hash(bytes).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
