import Formats
import Web

/// The answer to a request that has placed an order.
package struct CheckoutAnswer: Sendable {
    package let location: String
    /// The tag that GET at ``location`` answers until the order changes (RFC 9110 §15.3.2): the tag of the order without the
    /// secret, which only this answer contains.
    package let tag: EntityTag
    package let body: [UInt8]
    /// Whether an earlier request with the same key has placed the order.
    package let isReplay: Bool
}

// MARK: Kept answers

/// Seals answers, so that only a repetition of the same request can open them: the key is derived from the service's secret
/// and from the client's (the Idempotency-Key, and the cart's token). A reader of the table, a copy or a backup has neither,
/// and a holder of the service's secret lacks the client's.
struct AnswerSeal: Sendable {
    private static let purpose = EncryptionKeys.Purpose("kept answer")

    private let keys: EncryptionKeys

    init(_ keys: EncryptionKeys) { self.keys = keys }

    /// Seals tag and body.
    func seal(_ answer: CheckoutAnswer, for record: IdempotencyRecord) -> [UInt8] {
        let tag = answer.tag.opaque
        // A tag has 22 characters.
        let plain = [UInt8(truncatingIfNeeded: tag.count)] + tag + answer.body
        return key(record).seal(plain, context: Self.context(record, answer.location))
    }

    /// - Returns: nil where the answer was sealed for another request or with another secret, or was changed.
    func open(_ sealed: [UInt8], location: String, for record: IdempotencyRecord) -> CheckoutAnswer? {
        guard let plain = key(record).open(sealed, context: Self.context(record, location)), let length = plain.first,
            plain.count > Int(length)
        else { return nil }
        return CheckoutAnswer(
            location: location, tag: EntityTag(opaque: Array(plain[1...Int(length)])), body: Array(plain[(1 + Int(length))...]),
            isReplay: true)
    }

    private func key(_ record: IdempotencyRecord) -> SealingKey {
        keys.sealing(for: Self.purpose, ownedBy: record.secret.reveal().utf8)
    }

    /// Binds the answer to its row.
    private static func context(_ record: IdempotencyRecord, _ location: String) -> [UInt8] {
        record.id + record.requestHash + Array(location.utf8)
    }
}

/// The reason why a kept answer cannot be given again.
enum KeptAnswerError: Error, CustomStringConvertible {
    case sealedWithAnotherKey

    var description: String {
        "a kept answer cannot be opened: ENCRYPTION_KEY has changed, and ENCRYPTION_KEY_PREVIOUS is not the one before"
    }
}

extension CheckoutAnswer {
    /// An answer that release 1.0 has kept: the body as it was sent, without its tag.
    init(kept body: [UInt8], location: String) {
        self.init(location: location, tag: EntityTag(of: Self.withoutSecret(body)), body: body, isReplay: true)
    }

    /// The body without its member `access_token`.
    private static func withoutSecret(_ body: [UInt8]) -> [UInt8] {
        let mark = Array(#","access_token":""#.utf8)
        // Only number and id come before the member, and neither can contain this text.
        guard let start = body.indices.first(where: { body[$0] == mark[0] && body[$0...].starts(with: mark) }),
            let end = body[(start + mark.count)...].firstIndex(of: UInt8(ascii: "\""))
        else { return body }
        return Array(body[..<start] + body[(end + 1)...])
    }
}
