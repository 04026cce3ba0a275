import HTTPTypes

extension RequestContext {
    /// The Idempotency-Key of a call that needs one.
    /// - Throws: 400 where it is missing, there twice, or no key.
    package func idempotencyKey() throws(Problem) -> IdempotencyKey {
        let values = request.head.values(of: .idempotencyKey)
        guard let value = values.first else { throw Problem(.idempotencyKeyRequired) }
        guard values.count == 1 else { throw Problem.invalidKey("there must be one only") }
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
    /// For a call in which the key alone tells two callers apart.
    /// - Throws: 400 where the key has not the form of 128 random bits.
    package func requireRandomForm() throws(Problem) {
        guard hasRandomForm else {
            throw Problem.invalidKey(
                "must be random where there is no cart: a UUID, or at least \(IdempotencyKey.shortestRandom) base64url characters"
            )
        }
    }
}

extension Problem {
    fileprivate static func invalidKey(_ detail: String) -> Problem {
        Problem(.invalidIdempotencyKey, errors: [InputError(.header("Idempotency-Key"), detail)])
    }
}
