import Formats

/// The URL of a server (PostgreSQL manual, 34.1.1.2; `redis` as registered with IANA), as text: enough to put one together
/// and to add to one.
struct ConnectionURL {
    private(set) var text: String

    /// One that is there already.
    init(_ text: String) {
        self.text = text
    }

    /// One from its parts, each percent-encoded. An IPv6 address gets its brackets; a path of a socket's directory fits too.
    init(scheme: String, host: String, port: Int, path: String, user: String, password: String?) {
        let address = host.contains(":") && !host.contains("/") ? "[\(host)]" : PercentEncoding.encode(host)
        let account = PercentEncoding.encode(user) + (password.map { ":" + PercentEncoding.encode($0) } ?? "")
        text = "\(scheme)://\(account.isEmpty ? "" : account + "@")\(address):\(port)/\(PercentEncoding.encode(path))"
    }

    /// Whether it names a password, in the authority or as a parameter.
    var hasPassword: Bool {
        if text.contains("?password=") || text.contains("&password=") { return true }
        guard let authority, let at = text[authority].lastIndex(of: "@") else { return false }
        return text[authority.lowerBound..<at].contains(":")
    }

    /// Adds a password, and a user where it names none.
    mutating func set(password: String, user: String) {
        guard let authority else { return }
        if let at = text[authority].lastIndex(of: "@") {
            text.replaceSubrange(at..<at, with: ":" + PercentEncoding.encode(password))
        } else {
            text.replaceSubrange(
                authority.lowerBound..<authority.lowerBound,
                with: "\(PercentEncoding.encode(user)):\(PercentEncoding.encode(password))@")
        }
    }

    /// Adds a user where it names none.
    mutating func set(user: String) {
        guard let authority, text[authority].lastIndex(of: "@") == nil else { return }
        if text.contains("?user=") || text.contains("&user=") { return }
        text.replaceSubrange(authority.lowerBound..<authority.lowerBound, with: PercentEncoding.encode(user) + "@")
    }

    /// Adds a parameter; libpq takes the last of several of one name.
    mutating func set(_ name: String, _ value: String) {
        text += (text.contains("?") ? "&" : "?") + name + "=" + PercentEncoding.encode(value)
    }

    /// From behind the scheme to the path or query.
    private var authority: Range<String.Index>? {
        guard let scheme = text.firstRange(of: "://") else { return nil }
        let end = text[scheme.upperBound...].firstIndex { $0 == "/" || $0 == "?" } ?? text.endIndex
        return scheme.upperBound..<end
    }
}
