import HTTPTypes

// What any route may answer. The texts end up in the API's document.
extension ProblemKind {
    package static let badRequest = ProblemKind(
        .badRequest, "bad_request", "Bad request", "The request is malformed; `detail` says how.")
    package static let malformedPath = ProblemKind(
        .badRequest, "malformed_path", "Malformed path", "The path is not properly percent-encoded UTF-8.")
    package static let malformedQuery = ProblemKind(
        .badRequest, "malformed_query", "Malformed query",
        "The query is not properly percent-encoded UTF-8, or has too many parameters.")
    package static let invalidParameter = ProblemKind(
        .badRequest, "invalid_parameter", "Invalid query parameter",
        "A query parameter has a value it cannot have; `errors` names each.")
    package static let invalidCursor = ProblemKind(
        .badRequest, "invalid_cursor", "Invalid cursor",
        "The cursor was altered, or belongs to a list with another filter. Begin at the first page.")
    package static let emptyBody = ProblemKind(
        .badRequest, "empty_body", "Body missing", "The call needs a JSON body and none was sent.")
    package static let malformedJSON = ProblemKind(
        .badRequest, "malformed_json", "Malformed JSON", "The body is not JSON; `detail` says where it stops being it.")
    package static let idempotencyKeyRequired = ProblemKind(
        .badRequest, "idempotency_key_required", "Idempotency-Key missing",
        "The call has its effect once for each Idempotency-Key, and needs one. Send a random one, and the same again "
            + "when you retry.")
    package static let invalidIdempotencyKey = ProblemKind(
        .badRequest, "invalid_idempotency_key", "Invalid Idempotency-Key",
        "The key is no quoted string or token of at most 255 characters. "
            + "For an order without a cart it must also be a UUID or have at least 22 base64url characters.")
    package static let unauthorized = ProblemKind(
        .unauthorized, "unauthorized", "Authentication required",
        "The call needs a valid bearer token. Log in, or refresh the token.")
    package static let forbidden = ProblemKind(
        .forbidden, "forbidden", "Not allowed", "The caller is known and may not do this.")
    package static let notFound = ProblemKind(
        .notFound, "not_found", "Not found", "There is no such thing, or it is somebody else's.")
    package static let methodNotAllowed = ProblemKind(
        .methodNotAllowed, "method_not_allowed", "Method not allowed",
        "The resource does not take this method; `Allow` lists those it takes.")
    package static let methodNotImplemented = ProblemKind(
        .notImplemented, "method_not_implemented", "Method not implemented", "The service knows no such method.")
    package static let conflict = ProblemKind(
        .conflict, "conflict", "Conflict", "The state of the resource does not allow this now.")
    package static let preconditionFailed = ProblemKind(
        .preconditionFailed, "precondition_failed", "Precondition failed",
        "`If-Match` does not match: the resource changed meanwhile. Read it again and decide anew.")
    package static let preconditionRequired = ProblemKind(
        .preconditionRequired, "precondition_required", "Precondition required",
        "The call needs `If-Match` with the ETag last read, so that nobody's change is overwritten unseen.")
    package static let unsupportedMediaType = ProblemKind(
        .unsupportedMediaType, "unsupported_media_type", "Unsupported media type",
        "The body must be `application/json`, without a content coding.")
    package static let invalid = ProblemKind(
        .unprocessableContent, "invalid", "Invalid input",
        "The request is well-formed and says something it cannot say; `errors` points at each place.")
    package static let tooManyRequests = ProblemKind(
        .tooManyRequests, "rate_limited", "Too many requests", "Wait as long as `Retry-After` says.")
    package static let internalError = ProblemKind(
        .internalServerError, "internal_error", "Internal error",
        "Something failed in the service. Name the `request_id` when you report it.")
    package static let unavailable = ProblemKind(
        .serviceUnavailable, "unavailable", "Unavailable", "Try again after as long as `Retry-After` says.")
    package static let overloaded = ProblemKind(
        .serviceUnavailable, "overloaded", "Overloaded",
        "There is more to do than can be done. Nothing was begun: send it again after as long as `Retry-After` says.")
    package static let deadlineExceeded = ProblemKind(
        .serviceUnavailable, "deadline_exceeded", "Took too long",
        "The answer was not ready in time. A call with an Idempotency-Key can be sent again safely.")
    package static let clientGone = ProblemKind(
        HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request"), "client_gone", "Client gone",
        "Seen in logs only: the client went away before its answer.")

    /// Those above that a client can see.
    package static let service: [ProblemKind] = [
        badRequest, malformedPath, malformedQuery, invalidParameter, invalidCursor, emptyBody, malformedJSON,
        idempotencyKeyRequired, invalidIdempotencyKey, unauthorized, forbidden, notFound, methodNotAllowed,
        methodNotImplemented, conflict, preconditionFailed, preconditionRequired, unsupportedMediaType, invalid,
        tooManyRequests, internalError, unavailable, overloaded, deadlineExceeded,
    ]
}
