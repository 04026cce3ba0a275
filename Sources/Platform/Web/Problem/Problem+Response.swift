import Formats
import HTTPServer
import HTTPTypes

extension Problem {
    /// The answer (RFC 9457 §3). `type` points at the code's place in the API's document.
    package func response(requestID: String) -> Response {
        var response = Response(kind.status, headers: Problem.fields, body: body(requestID: requestID))
        if let retryAfter { response.headers.append(.retryAfter, String(retryAfter)) }
        response.headers.append(headers)
        return response
    }

    private static let fields: HeaderBlock = {
        // Else an intermediary may keep a 404 or 410 for as long as it likes (RFC 9111 §4.2.2).
        var fields = HeaderBlock([(.contentType, "application/problem+json"), (.cacheControl, CachePolicy.notStored)])
        fields.append(.data)
        return fields
    }()

    private func body(requestID: String) -> [UInt8] {
        var writer = JSONWriter(capacity: 384)
        writer.beginObject()
        writer.field("type", "/docs#\(kind.code)")
        writer.field("title", kind.title)
        writer.field("status", kind.status.code)
        // What the kind means says more than nothing where this occurrence has no words of its own.
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
