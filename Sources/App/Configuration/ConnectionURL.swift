import Formats

/// The URL of a server (PostgreSQL manual, 34.1.1.2; `redis` as registered with IANA), as text that can be built and added to.
struct ConnectionURL {
    private(set) var text: String

    /// An existing URL.
    init(_ text: String) {
        self.text = text
    }

    /// A URL from its parts, each percent-encoded. An IPv6 address gets brackets; the directory of a socket may stand for a host.
    init(scheme: String, host: String, port: Int, path: String, user: String, password: String?) {
        let address = host.contains(":") && !host.contains("/") ? "[\(host)]" : PercentEncoding.encode(host)
        let account = PercentEncoding.encode(user) + (password.map { ":" + PercentEncoding.encode($0) } ?? "")
        text = "\(scheme)://\(account.isEmpty ? "" : account + "@")\(address):\(port)/\(PercentEncoding.encode(path))"
    }

    /// Whether the URL has a password, in the authority or as a parameter.
    var hasPassword: Bool {
        if text.contains("?password=") || text.contains("&password=") { return true }
        guard let authority, let at = text[authority].lastIndex(of: "@") else { return false }
        return text[authority.lowerBound..<at].contains(":")
    }

    /// Adds a password, and a user if the URL has none.
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

    /// Adds a user if the URL has none.
    mutating func set(user: String) {
        guard let authority, text[authority].lastIndex(of: "@") == nil else { return }
        if text.contains("?user=") || text.contains("&user=") { return }
        text.replaceSubrange(authority.lowerBound..<authority.lowerBound, with: PercentEncoding.encode(user) + "@")
    }

    /// Adds a parameter; libpq takes the last one of each name.
    mutating func set(_ name: String, _ value: String) {
        text += (text.contains("?") ? "&" : "?") + name + "=" + PercentEncoding.encode(value)
    }

    /// The range after the scheme, up to the path or query.
    private var authority: Range<String.Index>? {
        guard let scheme = text.firstRange(of: "://") else { return nil }
        let end = text[scheme.upperBound...].firstIndex { $0 == "/" || $0 == "?" } ?? text.endIndex
        return scheme.upperBound..<end
    }
}
