import HTTPServer
import HTTPTypes

// What the server says by itself, before a route is looked for.
extension ProblemKind {
    static let requestTimeout = ProblemKind(
        .requestTimeout, "request_timeout", "Request too slow", "The request did not arrive in time.")
    static let bodyTooLarge = ProblemKind(
        .contentTooLarge, "body_too_large", "Body too large", "The body is larger than the call allows.")
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

    /// Those above.
    package static let refusals = [
        requestTimeout, bodyTooLarge, targetTooLong, expectationFailed, fieldsTooLarge, versionNotSupported,
        transferCodingNotImplemented,
    ]

    /// The kind that goes with a status of the server's own.
    static func refusal(_ status: HTTPResponse.Status, _ cause: RequestError.Cause = .none) -> ProblemKind {
        switch cause {
        case .transferCoding: return transferCodingNotImplemented
        case .none: break
        }
        let known = [badRequest, methodNotAllowed, methodNotImplemented, unavailable, tooManyRequests] + refusals
        return known.first { $0.status.code == status.code }
            ?? ProblemKind(status, "http_\(status.code)", status.reasonPhrase, "")
    }
}
