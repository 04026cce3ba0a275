import Formats
import Web

/// The response to a request that has placed an order.
package struct CheckoutResponse: Sendable {
    package let location: String
    /// The tag that GET at ``location`` returns until the order changes (RFC 9110 §15.3.2): the tag of the order without the
    /// secret, which only this response contains.
    package let tag: EntityTag
    package let body: [UInt8]
    /// Whether an earlier request with the same key has placed the order.
    package let isReplay: Bool
}

// MARK: Stored responses

/// Seals responses, so that only a repetition of the same request can open them: the key is derived from the service's secret
/// and from the client's (the Idempotency-Key, and the cart's token). A reader of the table, a copy or a backup has neither,
/// and a holder of the service's secret lacks the client's.
///
/// Only the secret in a response is stored. The rest of it is the payload of the order's first event, which is written with it and
/// stays for longer: an order's document is stored once.
struct ResponseSeal: Sendable {
    /// Parts of the keys: another text would make stored responses unreadable.
    private static let token = EncryptionKeys.Purpose("access token of a kept answer")
    /// Earlier releases have sealed the tag and the whole body. They cannot open what this one seals, and answer 503.
    private static let whole = EncryptionKeys.Purpose("kept answer")

    private let keys: EncryptionKeys

    init(_ keys: EncryptionKeys) { self.keys = keys }

    /// Seals the secret, its place, and the tag of the document that it belongs to.
    func seal(
        _ accessToken: String, in document: OrderDocument, tag: EntityTag, location: String, for record: IdempotencyRecord
    ) -> [UInt8] {
        let place = UInt16(clamping: document.tokenIndex)
        // A tag has 22 characters.
        let plain =
            [UInt8(place >> 8), UInt8(truncatingIfNeeded: place), UInt8(truncatingIfNeeded: tag.opaque.count)] + tag.opaque
            + accessToken.utf8
        return key(record, Self.token).seal(plain, context: Self.context(record, location))
    }

    /// - Parameter document: the order as its first event has it
    /// - Returns: nil where the response was sealed for another request or with another secret, or was changed, or where the document
    ///   is another one.
    func open(
        _ sealed: [UInt8], document: [UInt8]?, location: String, for record: IdempotencyRecord
    ) -> CheckoutResponse? {
        let context = Self.context(record, location)
        if let plain = key(record, Self.token).open(sealed, context: context) {
            guard let bytes = document, plain.count > 3, plain.count > 3 + Int(plain[2]) else { return nil }
            let (place, end) = (Int(plain[0]) << 8 | Int(plain[1]), 3 + Int(plain[2]))
            let document = OrderDocument(bytes: bytes, tokenIndex: place)
            let tag = EntityTag(opaque: Array(plain[3..<end]))
            guard place <= bytes.count, document.tag == tag else { return nil }
            return CheckoutResponse(
                location: location, tag: tag, body: document.bytes(accessToken: String(decoding: plain[end...], as: UTF8.self)),
                isReplay: true)
        }
        guard let plain = key(record, Self.whole).open(sealed, context: context), let length = plain.first,
            plain.count > Int(length)
        else { return nil }
        return CheckoutResponse(
            location: location, tag: EntityTag(opaque: Array(plain[1...Int(length)])), body: Array(plain[(1 + Int(length))...]),
            isReplay: true)
    }

    private func key(_ record: IdempotencyRecord, _ purpose: EncryptionKeys.Purpose) -> SealingKey {
        keys.sealing(for: purpose, ownedBy: record.secret.reveal().utf8)
    }

    /// Binds the response to its row.
    private static func context(_ record: IdempotencyRecord, _ location: String) -> [UInt8] {
        record.id + record.requestHash + Array(location.utf8)
    }
}

/// The reason why a stored response cannot be returned.
enum StoredResponseError: Error, CustomStringConvertible {
    case sealedWithAnotherKey

    var description: String {
        "a stored response cannot be opened: ENCRYPTION_KEY has changed, and ENCRYPTION_KEY_PREVIOUS is not the one before, or the "
            + "order's first event is gone"
    }
}

extension CheckoutResponse {
    /// A response that release 1.0 has stored: the body as it was sent, without its tag.
    init(stored body: [UInt8], location: String) {
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
