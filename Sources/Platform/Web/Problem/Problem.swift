import CoreMetrics
import Formats
import HTTPServer
import HTTPTypes

/// An error that is a response: problem details (RFC 9457) with a stable code.
///
/// The client sees everything in it but ``cause``.
package struct Problem: Error {
    package let kind: ProblemKind
    /// What is particular to this occurrence.
    package var detail: String?
    /// The invalid values of the request.
    package var errors: [InputError] = []
    /// Further members of the object, such as `allowed` (RFC 9457 §3.2).
    package var members: [Member] = []
    /// The seconds after which to try again.
    package var retryAfter: Int?
    /// Headers of the response besides those of every problem.
    package var headers = HeaderBlock()
    /// The error behind it, for the log only.
    package var cause: String?

    /// A further member of the object.
    package struct Member: Sendable, Equatable {
        package let name: String
        package let value: JSONValue
    }

    package init(_ kind: ProblemKind, _ detail: String? = nil, errors: [InputError] = []) {
        self.kind = kind
        self.detail = detail
        self.errors = errors
    }

    /// Adds a member. Its name must not be one that every problem has.
    package func with(_ name: String, _ value: JSONValue) -> Problem {
        var problem = self
        problem.members.append(Member(name: name, value: value))
        return problem
    }

    /// Adds the cause, which is logged and never shown.
    package func caused(by error: any Error) -> Problem {
        var problem = self
        problem.cause = String(describing: error)
        return problem
    }

    /// Adds Retry-After, in seconds, at least 1.
    package func retrying(after seconds: Int) -> Problem {
        var problem = self
        problem.retryAfter = max(1, seconds)
        return problem
    }
}

/// An error that knows its problem.
package protocol ProblemConvertible: Error {
    var problem: Problem { get }
}

extension Problem: ProblemConvertible {
    package var problem: Problem { self }
}

extension FieldErrors: ProblemConvertible {
    /// 422 with every error.
    package var problem: Problem { .invalid(faults) }
}

/// One invalid value of a request, and its place.
package struct InputError: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        /// A JSON pointer into the body (RFC 6901).
        case pointer(String)
        /// The name of a query parameter.
        case parameter(String)
        /// The name of a header.
        case header(String)
    }

    package let place: Place
    /// What is wrong, in words for the client.
    package let detail: String

    package init(_ place: Place, _ detail: String) {
        self.place = place
        self.detail = detail
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch place {
        case .pointer(let pointer): writer.field("pointer", pointer)
        case .parameter(let name): writer.field("parameter", name)
        case .header(let name): writer.field("header", name)
        }
        writer.field("detail", detail)
        writer.endObject()
    }
}

extension Problem {
    /// The response (RFC 9457 §3). Its `type` links to the code's place in the API's document.
    package func response(requestID: String) -> Response {
        var response = Response(kind.status, headers: Problem.commonHeaders, body: body(requestID: requestID))
        if let retryAfter { response.headers.append(.retryAfter, String(retryAfter)) }
        response.headers.append(headers)
        return response
    }

    private static let commonHeaders: HeaderBlock = {
        // Without no-store, an intermediary may store a 404 or 410 for as long as it likes (RFC 9111 §4.2.2).
        var headers = HeaderBlock([(.contentType, "application/problem+json"), (.cacheControl, CachePolicy.notStored)])
        headers.append(.data)
        return headers
    }()

    private func body(requestID: String) -> [UInt8] {
        var writer = JSONWriter(capacity: 384)
        writer.beginObject()
        writer.field("type", "/docs#\(kind.code)")
        writer.field("title", kind.title)
        writer.field("status", kind.status.code)
        // Without a detail, and without errors that say more, the kind's meaning is the detail.
        if let detail = detail ?? (errors.isEmpty && !kind.meaning.isEmpty ? kind.meaning : nil) {
            writer.field("detail", detail)
        }
        writer.field("code", kind.code)
        writer.field("request_id", requestID)
        if !errors.isEmpty {
            writer.key("errors")
            writer.beginArray()
            for error in errors { error.write(to: &writer) }
            writer.endArray()
        }
        for member in members {
            writer.key(dynamic: member.name)
            writer.value(member.value)
        }
        writer.endObject()
        return writer.finish()
    }
}

/// Counts the problems that were responses, by code. The codes are the program's own, so there are few. Confined to its loop.
final class ProblemMetrics {
    private let factory: any MetricsFactory
    private var counters: [String: Counter] = [:]

    init(factory: any MetricsFactory) { self.factory = factory }

    func count(_ problem: Problem) {
        let code = problem.kind.code
        let counter =
            counters[code]
            ?? Counter(label: "http_server_problems_total", dimensions: [("code", code)], factory: factory)
        counters[code] = counter
        counter.increment()
    }
}
