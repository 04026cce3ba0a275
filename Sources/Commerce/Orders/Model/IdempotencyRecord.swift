import Web

/// What makes a repeated request recognisable: who asks what, under which key, with which body.
package struct IdempotencyRecord: Sendable {
    /// SHA-256 of principal, method, path and key.
    package let id: [UInt8]
    /// SHA-256 of the body.
    package let requestHash: [UInt8]

    /// - Parameters:
    ///   - principal: who asks; guests share one
    ///   - operation: method and path
    package init(principal: String, operation: String, key: String, body: [UInt8]) {
        // Lengths in front, so that no two triples run into the same bytes.
        let parts = [principal, operation, key]
        id = SHA256.hash(parts.flatMap { Array("\($0.utf8.count):".utf8) + Array($0.utf8) })
        requestHash = SHA256.hash(body)
    }

    /// The advisory lock that stands for it: the first eight bytes.
    var lock: Int64 {
        Int64(bitPattern: id.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}
