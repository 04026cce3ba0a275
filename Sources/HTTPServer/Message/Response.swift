import HTTPTypes

/// An answer: status, fields, and a body that is known whole.
package struct Response: Sendable {
    package var status: HTTPResponse.Status
    package var headers: HeaderBlock
    /// Sent with its Content-Length; for HEAD, 204 and 304 only counted, where that is allowed.
    package var body: [UInt8]
    /// Close the connection after this answer.
    package var closes = false

    package init(_ status: HTTPResponse.Status, headers: HeaderBlock = HeaderBlock(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
