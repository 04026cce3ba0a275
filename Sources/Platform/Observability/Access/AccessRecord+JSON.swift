import Formats
import Logging

extension AccessRecord {
    /// Appends the line of the record as JSON, but for the brace at its end; members without a value are left out.
    ///
    /// Each member's name goes with what stands around it in one piece: this is written for every request.
    /// - Parameter time: writes ``time`` as RFC 3339
    func appendLine(_ level: Logger.Level, _ message: String, to line: inout [UInt8], time: (inout [UInt8]) -> Void) {
        line.append("{\"time\":\"" as StaticString)
        time(&line)
        line.append("\",\"level\":\"" as StaticString)
        line.appendEscaped(level.rawValue)
        line.append("\",\"message\":\"" as StaticString)
        line.appendEscaped(message)
        line.append("\",\"request_id\":\"" as StaticString)
        line.appendEscaped(requestID)
        if let traceID {
            line.append("\",\"trace_id\":\"" as StaticString)
            line.appendEscaped(traceID)
        }
        line.append("\",\"method\":\"" as StaticString)
        line.appendEscaped(method)
        if let route {
            line.append("\",\"route\":\"" as StaticString)
            line.appendEscaped(route)
        }
        line.append("\",\"path\":\"" as StaticString)
        line.appendEscaped(utf8: path)
        line.append("\",\"status\":" as StaticString)
        line.append(decimal: status)
        line.append(",\"duration_ms\":" as StaticString)
        appendMilliseconds(to: &line)
        line.append(",\"bytes\":" as StaticString)
        line.append(decimal: bytes)
        line.append(",\"client_ip\":\"" as StaticString)
        line.appendEscaped(clientIP)
        if let userID {
            line.append("\",\"user_id\":\"" as StaticString)
            line.appendEscaped(userID)
        }
        line.append(UInt8(ascii: "\""))
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
