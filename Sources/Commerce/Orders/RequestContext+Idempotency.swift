import HTTPTypes
import Web

extension RequestContext {
    /// The request's Idempotency-Key, without which it must not take effect.
    /// - Parameter isGuest: the caller has no account
    /// - Throws: `Problem` (400) where it is missing, repeated or no key.
    func idempotencyKey(isGuest: Bool) throws(Problem) -> IdempotencyKey {
        let values = request.head.values(of: .idempotencyKey)
        guard let value = values.first else {
            throw refused("is required: a text of your own that is new for every order, such as a UUID")
        }
        guard values.count == 1 else { throw refused("must be sent once") }
        do { return try IdempotencyKey(value.utf8, isGuest: isGuest) } catch {
            switch error {
            case .tooShort: throw refused("must have at least \(IdempotencyKey.shortestForGuests) characters")
            case .tooLong: throw refused("must have at most \(IdempotencyKey.longest) characters")
            case .empty, .malformed: throw refused("must be a quoted string or a bare token")
            }
        }
    }

    private func refused(_ detail: String) -> Problem {
        Problem(
            ProblemKind(.badRequest, "idempotency_key_invalid", "Idempotency-Key missing or invalid", ""),
            errors: [InputFault(.header("Idempotency-Key"), detail)])
    }
}
