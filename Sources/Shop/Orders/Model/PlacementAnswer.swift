import Formats
import Web

/// The answer to a request that places an order, as it was first given.
package struct PlacementAnswer: Sendable {
    package let location: String
    /// What GET answers at ``location`` as long as nothing has happened to the order has this tag (RFC 9110 §15.3.2): that of
    /// the same order without the secret, which is given out only here.
    package let tag: EntityTag
    package let body: [UInt8]
    /// Whether the order was placed by an earlier request with the same key.
    package let isReplay: Bool
}

// MARK: Kept answers

/// Seals answers so that only who sends the same request again can have them opened: the key is derived from the service's
/// secret and the caller's (the Idempotency-Key, and the cart's token). Whoever reads the table, a copy or a backup has
/// neither; who has the service's secret lacks the caller's.
struct AnswerSeal: Sendable {
    private static let purpose = EncryptionKeys.Purpose("kept answer")

    private let keys: EncryptionKeys

    init(_ keys: EncryptionKeys) { self.keys = keys }

    /// Tag and body, sealed.
    func seal(_ answer: PlacementAnswer, for record: IdempotencyRecord) -> [UInt8] {
        let tag = answer.tag.opaque
        // A tag has 22 characters.
        let plain = [UInt8(truncatingIfNeeded: tag.count)] + tag + answer.body
        return key(record).seal(plain, context: Self.context(record, answer.location))
    }

    /// Nil where it was sealed for another request or with another secret, or was changed.
    func open(_ sealed: [UInt8], location: String, for record: IdempotencyRecord) -> PlacementAnswer? {
        guard let plain = key(record).open(sealed, context: Self.context(record, location)), let length = plain.first,
            plain.count > Int(length)
        else { return nil }
        return PlacementAnswer(
            location: location, tag: EntityTag(opaque: Array(plain[1...Int(length)])), body: Array(plain[(1 + Int(length))...]),
            isReplay: true)
    }

    private func key(_ record: IdempotencyRecord) -> SealingKey {
        keys.sealing(for: Self.purpose, ownedBy: record.secret.reveal().utf8)
    }

    /// The row it belongs to.
    private static func context(_ record: IdempotencyRecord, _ location: String) -> [UInt8] {
        record.id + record.requestHash + Array(location.utf8)
    }
}

/// Why a kept answer cannot be given again.
enum KeptAnswerError: Error, CustomStringConvertible {
    case sealedWithAnotherKey

    var description: String {
        "a kept answer cannot be opened: ENCRYPTION_KEY has changed, and ENCRYPTION_KEY_PREVIOUS is not the one before"
    }
}

extension PlacementAnswer {
    /// An answer that release 1.0 kept, as it was sent: without its tag.
    init(kept body: [UInt8], location: String) {
        self.init(location: location, tag: EntityTag(of: Self.withoutSecret(body)), body: body, isReplay: true)
    }

    /// The body without its member `access_token`.
    private static func withoutSecret(_ body: [UInt8]) -> [UInt8] {
        let mark = Array(#","access_token":""#.utf8)
        // Number and id stand before it, and neither can hold this: the first is the member itself.
        guard let start = body.indices.first(where: { body[$0] == mark[0] && body[$0...].starts(with: mark) }),
            let end = body[(start + mark.count)...].firstIndex(of: UInt8(ascii: "\""))
        else { return body }
        return Array(body[..<start] + body[(end + 1)...])
    }
}
