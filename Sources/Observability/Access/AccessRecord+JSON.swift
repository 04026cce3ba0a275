import Formats

extension AccessRecord {
    /// Appends the members that stand beside time, level and message; those without a value are left out.
    func writeMembers(to writer: inout JSONWriter) {
        writer.field("request_id", requestID)
        if let traceID { writer.field("trace_id", traceID) }
        writer.field("method", method)
        if let route { writer.field("route", route) }
        writer.key("path")
        writer.string(utf8: path)
        writer.field("status", status)
        writer.key("duration_ms")
        writer.raw { appendMilliseconds(to: &$0) }
        writer.field("bytes", bytes)
        writer.field("client_ip", clientIP)
        if let userID { writer.field("user_id", userID) }
    }

    /// Whether a record has a member of this name: other metadata of the same name gives way to it.
    static func hasMember(_ name: String) -> Bool {
        switch name {
        case "request_id", "trace_id", "method", "route", "path", "status", "duration_ms", "bytes", "client_ip", "user_id":
            true
        default: false
        }
    }
}
