import Formats
import HTTPServer
import HTTPTypes

extension Response {
    /// A page of a list: `{"data": […], "next_cursor": …}`, with a Link to the next one where there is one.
    /// - Parameters:
    ///   - next: the place after the page's last row, as text; nil on the last page.
    ///   - total: the number of all rows, where it was asked for.
    ///   - write: writes the elements of `data`, one value after the other.
    package static func page(
        _ context: RequestContext, next: String?, total: Int64? = nil, capacity: Int = 4_096,
        _ write: (inout JSONWriter) throws -> Void
    ) rethrows -> Response {
        var response = try Response.json(capacity: capacity) { writer in
            writer.beginObject()
            writer.key("data")
            writer.beginArray()
            try write(&writer)
            writer.endArray()
            writer.key("next_cursor")
            if let next { writer.string(next) } else { writer.null() }
            if let total { writer.field("total", total) }
            writer.endObject()
        }
        if let next {
            let link = NextLink.value(path: context.request.path, query: context.request.query, cursor: next)
            // A field beyond this could push the header over what load balancers take; the cursor is in the body too.
            if link.count <= 8_192 { response.headers.append(.link, link) }
        }
        return response
    }
}
