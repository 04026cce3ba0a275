import Formats
import Logging

/// The log record of one request and its response.
///
/// It goes to a logger, `logger.info("request", metadata: record.metadata)`, or to ``AccessLogBuffer``, which costs less. Its
/// fields become members of the line without a dictionary of a dozen strings for each request.
package struct AccessRecord: Sendable, CustomStringConvertible {
    /// When the response was finished.
    package var time: Timestamp
    package var requestID: String
    /// The trace of the request, if the client sent one.
    package var traceID: String?
    package var method: String
    /// The template of the route, `/v1/things/{id}`; nil without a route.
    package var route: String?
    /// The path as sent, percent-encoded, without the query, which may contain secrets.
    package var path: ArraySlice<UInt8>
    package var status: Int
    /// Nanoseconds from the request to the response.
    package var duration: Int64
    /// Bytes of the response's body.
    package var bytes: Int
    package var clientIP: String
    package var userID: String?

    package init(
        time: Timestamp, requestID: String, traceID: String? = nil, method: String, route: String?, path: ArraySlice<UInt8>,
        status: Int, duration: Int64, bytes: Int, clientIP: String, userID: String? = nil
    ) {
        self.time = time
        self.requestID = requestID
        self.traceID = traceID
        self.method = method
        self.route = route
        self.path = path
        self.status = status
        self.duration = duration
        self.bytes = bytes
        self.clientIP = clientIP
        self.userID = userID
    }

    /// The metadata key under which handlers look for a record.
    package static let metadataKey = "request"

    /// The record as metadata of one log line.
    package var metadata: Logger.Metadata {
        [Self.metadataKey: .stringConvertible(self)]
    }

    /// The record in the metadata of a line, if there is one.
    static func find(in metadata: Logger.Metadata?) -> AccessRecord? {
        guard let metadata, case .stringConvertible(let value)? = metadata[metadataKey] else { return nil }
        return value as? AccessRecord
    }

    /// `GET /v1/things 200 0.412 ms`, for log handlers that do not know records.
    package var description: String {
        var text = Array(method.utf8)
        text.append(UInt8(ascii: " "))
        text.appendEscaped(utf8: path)
        text.append(UInt8(ascii: " "))
        text.append(decimal: status)
        text.append(UInt8(ascii: " "))
        appendMilliseconds(to: &text)
        text.append(" ms")
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the duration in milliseconds with three fractional digits, without floating point.
    func appendMilliseconds(to bytes: inout [UInt8]) {
        let microseconds = UInt64(max(0, duration)) / 1_000
        bytes.append(decimal: microseconds / 1_000)
        bytes.append(UInt8(ascii: "."))
        bytes.append(padded: microseconds % 1_000, digits: 3)
    }
}

extension AccessRecord {
    /// Appends the record as a line of JSON, without its closing brace and without members that have no value.
    ///
    /// Each name is appended together with the punctuation around it, as this runs for every request.
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

    /// Whether a record has a member of this name, which then replaces other metadata of that name.
    static func hasMember(_ name: String) -> Bool {
        switch name {
        case "request_id", "trace_id", "method", "route", "path", "status", "duration_ms", "bytes", "client_ip", "user_id":
            true
        default: false
        }
    }
}
