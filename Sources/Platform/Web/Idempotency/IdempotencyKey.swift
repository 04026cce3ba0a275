import HTTPTypes

/// The value of an Idempotency-Key field: a quoted string (RFC 8941 §3.3.3) or, as most clients send it, the bare
/// text. Both spellings of one text are the same key.
package struct IdempotencyKey: Sendable, Hashable {
    /// The longest key, in characters.
    package static let longest = 255
    /// The least number of base64url characters that hold 128 random bits.
    package static let shortestRandom = 22

    /// Why the value of a header is no key.
    package enum ParsingError: Error, Equatable {
        case malformed, empty, tooLong
    }

    /// 1–255 characters of visible ASCII and space.
    package let text: String

    /// Whether it has the form of at least 128 random bits: a UUID, or at least 22 characters of base64url (RFC 4648 §5), of
    /// which a UUID consists too. Only its sender knows whether it is random.
    package var hasRandomForm: Bool {
        text.utf8.count >= IdempotencyKey.shortestRandom
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// Reads the field's value.
    package init(_ field: some Collection<UInt8>) throws(ParsingError) {
        var value = Array(field)[...]
        while value.first == 0x20 || value.first == 0x09 { value.removeFirst() }
        while value.last == 0x20 || value.last == 0x09 { value.removeLast() }
        let key = value.first == UInt8(ascii: "\"") ? try IdempotencyKey.quoted(value) : try IdempotencyKey.bare(value)
        guard !key.isEmpty else { throw .empty }
        guard key.count <= IdempotencyKey.longest else { throw .tooLong }
        text = String(decoding: key, as: UTF8.self)
    }

    /// Between quotes; `\` only before a quote or itself; nothing after them.
    private static func quoted(_ field: ArraySlice<UInt8>) throws(ParsingError) -> [UInt8] {
        var key: [UInt8] = []
        var rest = field.dropFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                guard rest.isEmpty else { throw .malformed }
                return key
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst(), next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") else {
                    throw .malformed
                }
                key.append(next)
            case 0x20...0x7e: key.append(byte)
            default: throw .malformed
            }
        }
        throw .malformed
    }

    /// Visible ASCII, but no separators and quotes of header values.
    private static func bare(_ field: ArraySlice<UInt8>) throws(ParsingError) -> [UInt8] {
        let excluded = "\"\\,;".utf8
        guard field.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !excluded.contains($0) }) else { throw .malformed }
        return Array(field)
    }
}

extension RequestContext {
    /// The Idempotency-Key, for a call that needs one.
    /// - Throws: 400 where it is missing, repeated or malformed.
    package func idempotencyKey() throws(Problem) -> IdempotencyKey {
        let values = request.head.values(of: .idempotencyKey)
        guard let value = values.first else { throw Problem(.idempotencyKeyRequired) }
        guard values.count == 1 else { throw Problem.invalidKey("must not be repeated") }
        do {
            return try IdempotencyKey(value.utf8)
        } catch {
            switch error {
            case .empty, .malformed: throw Problem.invalidKey("must be a quoted string or a token of visible ASCII")
            case .tooLong: throw Problem.invalidKey("must have at most \(IdempotencyKey.longest) characters")
            }
        }
    }
}

extension IdempotencyKey {
    /// For a call in which only the key tells two clients apart.
    /// - Throws: 400 where the key does not have the form of 128 random bits.
    package func requireRandomForm() throws(Problem) {
        guard hasRandomForm else {
            throw Problem.invalidKey(
                "must be random for this call: a UUID, or at least \(IdempotencyKey.shortestRandom) base64url characters"
            )
        }
    }
}

extension Problem {
    fileprivate static func invalidKey(_ detail: String) -> Problem {
        Problem(.invalidIdempotencyKey, errors: [InputError(.header("Idempotency-Key"), detail)])
    }
}
