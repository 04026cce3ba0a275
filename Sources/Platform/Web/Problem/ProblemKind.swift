import HTTPServer
import HTTPTypes

/// A kind of problem, which clients recognize by its code; a code never changes its meaning.
///
/// Code, title, status and meaning are declared here or in a feature's extension, once for the responses and for the API's document:
///
///     extension ProblemKind {
///         static let outOfPaper = ProblemKind(
///             .conflict, "out_of_paper", "Out of paper", "The printer has no paper. Refill it and send the job again.")
///     }
///
///     throw Problem(.outOfPaper, "Tray 2 is empty.")
package struct ProblemKind: Sendable, Hashable {
    package let status: HTTPResponse.Status
    /// The stable code of the problem, in snake_case.
    package let code: String
    /// A few words that are the same for every occurrence (RFC 9457 §3.1.3).
    package let title: String
    /// When the problem occurs and what to do: one or two sentences for the API's document, and for a response without a detail.
    package let meaning: String

    package init(_ status: HTTPResponse.Status, _ code: String, _ title: String, _ meaning: String) {
        self.status = status
        self.code = code
        self.title = title
        self.meaning = meaning
    }
}

// Problems of any route. The API's document shows these texts.
extension ProblemKind {
    package static let badRequest = ProblemKind(
        .badRequest, "bad_request", "Bad request", "The request is malformed. `detail` or `errors` describes what is wrong.")
    package static let malformedPath = ProblemKind(
        .badRequest, "malformed_path", "Malformed path", "The path is not valid percent-encoded UTF-8.")
    package static let malformedQuery = ProblemKind(
        .badRequest, "malformed_query", "Malformed query",
        "The query is not valid percent-encoded UTF-8, or has too many parameters.")
    package static let invalidParameter = ProblemKind(
        .badRequest, "invalid_parameter", "Invalid query parameter",
        "A query parameter has an invalid value. `errors` lists each one.")
    package static let invalidCursor = ProblemKind(
        .badRequest, "invalid_cursor", "Invalid cursor",
        "The cursor was altered, or it belongs to another list or filter. Start again with the first page.")
    package static let emptyBody = ProblemKind(
        .badRequest, "empty_body", "Body missing", "The operation needs a JSON body, but the request has none.")
    package static let malformedJSON = ProblemKind(
        .badRequest, "malformed_json", "Malformed JSON",
        "The body is not valid JSON. `offset` is the position of the syntax error, in bytes.")
    package static let idempotencyKeyRequired = ProblemKind(
        .badRequest, "idempotency_key_required", "Idempotency-Key missing",
        "The operation needs an `Idempotency-Key`. Create a random one, and send the same one again when you repeat "
            + "the request.")
    package static let invalidIdempotencyKey = ProblemKind(
        .badRequest, "invalid_idempotency_key", "Invalid Idempotency-Key",
        "The `Idempotency-Key` must have at most 255 visible characters, with or without quotes. Some calls "
            + "accept only a random key: a UUID, or at least 22 base64url characters.")
    package static let unauthorized = ProblemKind(
        .unauthorized, "unauthorized", "Authentication required",
        "The operation needs a valid bearer token.")
    package static let forbidden = ProblemKind(
        .forbidden, "forbidden", "Not allowed", "The client is not allowed to do this.")
    package static let notFound = ProblemKind(
        .notFound, "not_found", "Not found", "The resource does not exist, or it belongs to another customer.")
    package static let methodNotAllowed = ProblemKind(
        .methodNotAllowed, "method_not_allowed", "Method not allowed",
        "The resource does not support this method. `Allow` lists the methods that it supports.")
    package static let methodNotImplemented = ProblemKind(
        .notImplemented, "method_not_implemented", "Method not implemented", "The service does not support this method.")
    package static let conflict = ProblemKind(
        .conflict, "conflict", "Conflict", "The current state of the resource does not allow this operation.")
    package static let preconditionFailed = ProblemKind(
        .preconditionFailed, "precondition_failed", "Precondition failed",
        "The resource has changed since you read it, so `If-Match` does not match. Read the resource again.")
    package static let preconditionRequired = ProblemKind(
        .preconditionRequired, "precondition_required", "Precondition required",
        "The operation needs `If-Match` with the `ETag` that you received. This prevents overwriting a change that you "
            + "have not seen.")
    package static let unsupportedMediaType = ProblemKind(
        .unsupportedMediaType, "unsupported_media_type", "Unsupported media type",
        "The body must be `application/json`, and not compressed.")
    package static let invalid = ProblemKind(
        .unprocessableContent, "invalid", "Invalid input",
        "The request contains invalid values. `errors` lists each one.")
    package static let tooManyRequests = ProblemKind(
        .tooManyRequests, "rate_limited", "Too many requests", "Wait for the seconds in `Retry-After`.")
    package static let internalError = ProblemKind(
        .internalServerError, "internal_error", "Internal error",
        "The service has failed. Include the `request_id` when you report it.")
    package static let unavailable = ProblemKind(
        .serviceUnavailable, "unavailable", "Unavailable",
        "The service cannot respond now. Try again after the seconds in `Retry-After`.")
    package static let overloaded = ProblemKind(
        .serviceUnavailable, "overloaded", "Overloaded",
        "The service has too many requests. Nothing was changed. Try again after the seconds in `Retry-After`.")
    package static let deadlineExceeded = ProblemKind(
        .serviceUnavailable, "deadline_exceeded", "Took too long",
        "The response took too long. It is safe to repeat a request that has an `Idempotency-Key`.")
    package static let clientGone = ProblemKind(
        HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request"), "client_gone", "Client gone",
        "In logs only: the client closed its connection before the response.")

    /// The kinds above that a client can see.
    package static let service: [ProblemKind] = [
        badRequest, malformedPath, malformedQuery, invalidParameter, invalidCursor, emptyBody, malformedJSON,
        idempotencyKeyRequired, invalidIdempotencyKey, unauthorized, forbidden, notFound, methodNotAllowed,
        methodNotImplemented, conflict, preconditionFailed, preconditionRequired, unsupportedMediaType, invalid,
        tooManyRequests, internalError, unavailable, overloaded, deadlineExceeded,
    ]
}

extension ProblemKind {
    package static let upgradeRequired = ProblemKind(
        .upgradeRequired, "upgrade_required", "WebSocket required",
        "The operation needs a WebSocket handshake of version 13. See `Upgrade` and `Sec-WebSocket-Version` in the response.")
}

extension WebSocketHandshakeError: ProblemConvertible {
    package var problem: Problem {
        var problem = Problem(status.code == 426 ? .upgradeRequired : .badRequest, reason)
        problem.headers = headers
        return problem
    }
}

// Problems that the HTTP server reports before a route is known.
extension ProblemKind {
    static let requestTimeout = ProblemKind(
        .requestTimeout, "request_timeout", "Request too slow", "The request did not arrive in time.")
    static let bodyTooLarge = ProblemKind(
        .contentTooLarge, "body_too_large", "Body too large", "The body is larger than the operation allows.")
    static let targetTooLong = ProblemKind(
        .uriTooLong, "target_too_long", "Target too long", "The request line is longer than 16 KiB.")
    static let expectationFailed = ProblemKind(
        .expectationFailed, "expectation_failed", "Expectation failed", "Only `Expect: 100-continue` is supported.")
    static let fieldsTooLarge = ProblemKind(
        .requestHeaderFieldsTooLarge, "header_too_large", "Header too large",
        "A header is too large, or there are too many headers.")
    static let versionNotSupported = ProblemKind(
        .httpVersionNotSupported, "version_not_supported", "HTTP version not supported",
        "Only HTTP/1.1 and HTTP/1.0 are supported.")
    static let transferCodingNotImplemented = ProblemKind(
        .notImplemented, "transfer_coding_not_implemented", "Transfer coding not implemented",
        "The only supported transfer coding is `chunked`.")

    /// The kinds above.
    package static let refusals = [
        requestTimeout, bodyTooLarge, targetTooLong, expectationFailed, fieldsTooLarge, versionNotSupported,
        transferCodingNotImplemented,
    ]

    /// The kind for a request that the server itself has rejected.
    static func rejection(_ status: HTTPResponse.Status, _ cause: RequestError.Cause = .none) -> ProblemKind {
        switch cause {
        case .transferCoding: return transferCodingNotImplemented
        case .none: break
        }
        let known =
            [badRequest, methodNotAllowed, methodNotImplemented, upgradeRequired, unavailable, tooManyRequests] + refusals
        return known.first { $0.status.code == status.code } ?? (status.kind == .serverError ? internalError : badRequest)
    }
}
