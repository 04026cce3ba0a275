import CLibPQ

/// libpq's connection strings, read by libpq itself.
enum ConnectionString {
    /// The parameters that the string gives.
    /// - Throws: ``PostgresError`` `invalidConfiguration` without any part of the string.
    static func parse(_ text: String) throws(PostgresError) -> [(keyword: String, value: String)] {
        guard !text.isEmpty, !text.utf8.contains(0) else {
            throw PostgresError(.invalidConfiguration, "the connection string is empty or has a NUL character")
        }
        var complaint: UnsafeMutablePointer<CChar>?
        // libpq's complaint quotes the string, so it is not passed on.
        defer { PQfreemem(complaint) }
        guard let options = PQconninfoParse(text, &complaint) else {
            throw PostgresError(
                .invalidConfiguration,
                "not a connection string: expected postgresql://user:password@host:port/database or keyword=value pairs")
        }
        defer { PQconninfoFree(options) }
        var parameters: [(keyword: String, value: String)] = []
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                parameters.append((String(cString: keyword), String(cString: value)))
            }
            option += 1
        }
        for parameter in parameters { try check(parameter.keyword, parameter.value) }
        return parameters
    }

    /// What libpq finds out only as it connects, found at start already.
    private static func check(_ keyword: String, _ value: String) throws(PostgresError) {
        let isRight: Bool =
            switch keyword {
            case "port": value.split(separator: ",").allSatisfy { UInt16($0).map { $0 > 0 } ?? false }
            case "connect_timeout", "tcp_user_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count":
                Int32(value) != nil
            case "sslmode":
                ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"].contains(value)
            case "target_session_attrs":
                ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"].contains(value)
            default: true
            }
        guard isRight else { throw PostgresError(.invalidConfiguration, "the connection string's \(keyword) is wrong") }
    }
}
