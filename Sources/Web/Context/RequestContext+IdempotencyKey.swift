import HTTPTypes

extension RequestContext {
    /// The Idempotency-Key of a call that needs one.
    /// - Parameter isGuest: nobody is known to call, so that the key must be hard to guess.
    /// - Throws: 400 where it is missing, there twice, or no key.
    package func idempotencyKey(isGuest: Bool) throws(Problem) -> IdempotencyKey {
        let values = request.head.values(of: .idempotencyKey)
        guard let value = values.first else { throw Problem(.idempotencyKeyRequired) }
        guard values.count == 1 else { throw Problem.invalidKey("there must be one only") }
        do {
            return try IdempotencyKey(value.utf8, isGuest: isGuest)
        } catch {
            switch error {
            case .empty, .malformed: throw Problem.invalidKey("must be a quoted string or a token of visible ASCII")
            case .tooLong: throw Problem.invalidKey("must have at most \(IdempotencyKey.longest) characters")
            case .tooShort:
                throw Problem.invalidKey(
                    "must have at least \(IdempotencyKey.shortestForGuests) characters where nobody is logged in")
            }
        }
    }
}

extension Problem {
    fileprivate static func invalidKey(_ detail: String) -> Problem {
        Problem(.invalidIdempotencyKey, errors: [InputFault(.header("Idempotency-Key"), detail)])
    }
}
