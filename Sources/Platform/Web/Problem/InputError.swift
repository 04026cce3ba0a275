import Formats

/// One thing that is wrong with a request, and where.
package struct InputError: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        /// A JSON pointer into the body (RFC 6901).
        case pointer(String)
        /// The name of a query parameter.
        case parameter(String)
        /// The name of a header field.
        case header(String)
    }

    package let place: Place
    /// What is wrong, fit for the client.
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
