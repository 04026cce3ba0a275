import Formats
import HTTPServer
import HTTPTypes

extension Response {
    /// A JSON response, written straight into the bytes that are sent.
    ///
    ///     Response.json { writer in
    ///         writer.beginObject()
    ///         writer.field("status", "ok")
    ///         writer.endObject()
    ///     }
    package static func json(
        _ status: HTTPResponse.Status = .ok, capacity: Int = 512, _ write: (inout JSONWriter) throws -> Void
    ) rethrows -> Response {
        var writer = JSONWriter(capacity: capacity)
        try write(&writer)
        return Response(status, headers: jsonFields, body: writer.finish())
    }

    /// A JSON response from bytes that are JSON already.
    package static func json(_ status: HTTPResponse.Status = .ok, bytes: [UInt8]) -> Response {
        Response(status, headers: jsonFields, body: bytes)
    }

    /// 204.
    package static let noContent = Response(.noContent)

    /// Adds a header.
    package consuming func with(_ name: HTTPField.Name, _ value: String) -> Response {
        headers.append(name, value)
        return self
    }

    /// JSON has no charset parameter (RFC 8259 §11).
    private static let jsonFields: HeaderBlock = {
        var fields = HeaderBlock([(.contentType, "application/json")])
        fields.append(.data)
        return fields
    }()
}
