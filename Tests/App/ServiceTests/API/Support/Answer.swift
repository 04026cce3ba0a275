import TestSupport

/// What the shop answered, its body parsed.
struct Answer: Sendable {
    let response: HTTPTestResponse
    let json: JSON

    init(_ response: HTTPTestResponse) {
        self.response = response
        json = response.body.isEmpty ? .absent : JSON(parsing: response.body)
    }

    var status: Int { response.status }
    var code: String { json["code"].text }
    var tag: String { response.header("ETag") ?? "" }

    subscript(name: String) -> JSON { json[name] }

    func header(_ name: String) -> String? { response.header(name) }

    /// The pointers of a problem's `errors`.
    var pointers: [String] { json["errors"].elements.map { $0["pointer"].text } }

    /// What of this answer breaks the promises that hold for every answer.
    func faults(to method: String) -> [String] {
        var faults: [String] = []
        func check(_ holds: Bool, _ fault: String) {
            if !holds { faults.append(fault) }
        }
        let requestID = header("X-Request-Id") ?? ""
        check(!requestID.isEmpty, "no X-Request-Id")
        check(header("Cache-Control") != nil, "no Cache-Control")
        check(header("Date") != nil, "no Date")
        if method == "HEAD" || status == 204 || status == 304 {
            check(response.body.isEmpty, "a body with status \(status)")
            return faults
        }
        guard status >= 400 else {
            if header("Content-Type") == "text/html; charset=utf-8" {
                check(
                    response.text.hasPrefix("<!DOCTYPE html>") && header("Content-Security-Policy") != nil,
                    "no page with a policy")
                return faults
            }
            check(header("Content-Type") == "application/json", "Content-Type \(header("Content-Type") ?? "missing")")
            check(json != .absent, "the body is no JSON")
            return faults
        }
        check(status < 500 || status == 501, "status \(status)")
        check(header("Content-Type") == "application/problem+json", "Content-Type \(header("Content-Type") ?? "missing")")
        check(!json["type"].text.isEmpty && !json["title"].text.isEmpty, "no type or title")
        check(json["status"] == .integer(Int64(status)), "status in the body \(json["status"])")
        check(!json["detail"].text.isEmpty || !json["errors"].elements.isEmpty, "neither detail nor errors")
        check(!code.isEmpty && code.allSatisfy { $0 == "_" || $0.isLowercase || $0.isNumber }, "code '\(code)'")
        check(
            json["request_id"].text == requestID,
            "request_id '\(json["request_id"].text)' is not X-Request-Id '\(requestID)'")
        for error in json["errors"].elements {
            check(!error["detail"].text.isEmpty, "an error without detail")
            check(
                error.names.count == 2 && !error.names.isDisjoint(with: ["pointer", "parameter", "header"]),
                "an error without place")
        }
        if status == 503 || code == "idempotency_in_flight" { check(header("Retry-After") != nil, "no Retry-After") }
        if status == 405 { check(header("Allow") != nil, "no Allow") }
        for word in Self.innards where response.text.contains(word) { faults.append("says '\(word)'") }
        return faults
    }

    /// What shows that a client was told of the inside.
    private static let innards = [
        ".swift", "SELECT ", "INSERT ", "UPDATE ", "ERROR:", "SQLSTATE", "PostgresError", "libpq", "constraint", "/Sources/",
        "Fatal error", "syntax error", "pg_",
    ]
}
