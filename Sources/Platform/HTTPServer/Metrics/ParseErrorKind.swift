import HTTPTypes

/// The kinds of unreadable requests that metrics distinguish: few kinds for many ways.
enum ParseErrorKind: String, CaseIterable, Sendable {
    case malformed
    /// The client closed its side within a request.
    case incomplete
    case bodyTooLarge = "body_too_large"
    case targetTooLong = "target_too_long"
    case headerTooLarge = "header_too_large"
    case expectation
    case notImplemented = "not_implemented"
    case version

    init(_ status: HTTPResponse.Status) {
        self =
            switch status.code {
            case 413: .bodyTooLarge
            case 414: .targetTooLong
            case 417: .expectation
            case 431: .headerTooLarge
            case 501: .notImplemented
            case 505: .version
            default: .malformed
            }
    }
}
