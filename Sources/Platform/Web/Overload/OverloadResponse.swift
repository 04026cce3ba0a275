import HTTPServer
import HTTPTypes

/// The response to a request that is refused because of overload. It is made once, and only the request's id is inserted.
///
/// A refusal must cost little, or a service with many refusals does nothing else. Refused clients come back, and should not do so all
/// at once: `Retry-After` goes round from 1 to 3 seconds.
struct OverloadResponse {
    private let headers: [HeaderBlock]
    private let before: [UInt8]
    private let after: [UInt8]
    private var turn = 0

    init() {
        let mark = "0id0"
        let problem = Problem(.overloaded)
        headers = (1...3).map { problem.retrying(after: $0).response(requestID: mark).headers }
        let body = problem.response(requestID: mark).body
        let parts = String(decoding: body, as: UTF8.self).split(separator: "\"\(mark)\"", omittingEmptySubsequences: false)
        before = Array((parts.first ?? "").utf8)
        after = Array((parts.last ?? "").utf8)
    }

    /// - Parameter requestID: of letters, digits, `.`, `_` and `-`, as ``RequestID`` has them
    mutating func response(requestID: String) -> Response {
        turn = turn == headers.count - 1 ? 0 : turn + 1
        var body: [UInt8] = []
        body.reserveCapacity(before.count + after.count + requestID.utf8.count + 2)
        body.append(contentsOf: before)
        body.append(UInt8(ascii: "\""))
        body.append(contentsOf: requestID.utf8)
        body.append(UInt8(ascii: "\""))
        body.append(contentsOf: after)
        return Response(.serviceUnavailable, headers: headers[turn], body: body)
    }
}
