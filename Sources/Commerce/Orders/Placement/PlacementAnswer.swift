import Web

/// The answer to a request that places an order, as it was first given.
package struct PlacementAnswer: Sendable {
    package let status: Int
    package let location: String
    package let body: [UInt8]
    /// Whether the order was placed by an earlier request with the same key.
    package let isReplay: Bool

    /// The tag of what GET answers at ``location`` as long as nothing has happened to the order (RFC 9110 §15.3.2): that
    /// of the same body, but for the secret that is given out only here.
    package var tag: EntityTag { EntityTag(of: Self.withoutSecret(body)) }

    /// The body without its member `access_token`, as it was written by ``Order/json(accessToken:)``.
    static func withoutSecret(_ body: [UInt8]) -> [UInt8] {
        let mark = Array(#","access_token":""#.utf8)
        // Number and id stand before it, and neither can hold this: the first is the member itself.
        guard let start = body.indices.first(where: { body[$0] == mark[0] && body[$0...].starts(with: mark) }),
            let end = body[(start + mark.count)...].firstIndex(of: UInt8(ascii: "\""))
        else { return body }
        return Array(body[..<start] + body[(end + 1)...])
    }
}
