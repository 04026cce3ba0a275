import HTTPTypes

/// What the form of a reply owes to its request and its connection.
struct ReplyContext {
    var isHead = false
    var isHTTP11 = true
    /// Whether the connection closes after the reply.
    var closes = false

    /// No body follows the head of a reply to HEAD, nor 1xx, 204 and 304 (RFC 9112 §6.3).
    func sendsBody(with status: HTTPResponse.Status) -> Bool {
        !isHead && status.code != 204 && status.code != 304 && status.code >= 200
    }
}
