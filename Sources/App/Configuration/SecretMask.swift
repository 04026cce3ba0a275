/// Hides what must not be shown in a setting's text.
enum SecretMask {
    static let mask = "***"

    /// A URL with the password of its authority and the values of its query's secret parameters hidden. A text that looks
    /// like no URL is hidden as a whole: a secret may stand anywhere in it.
    static func url(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text.isEmpty ? "" : mask }
        let parts = text[scheme.upperBound...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        // A password may hold an unescaped slash, so the authority's end is looked for after its last "@".
        var address = String(parts.first ?? "")
        if let at = address.lastIndex(of: "@") {
            let account = address[..<at]
            let user = account.firstIndex(of: ":").map { account[..<$0] + ":" + mask } ?? account
            address = String(user + address[at...])
        }
        var shown = text[..<scheme.upperBound] + address
        if parts.count > 1 { shown += "?" + query(parts[1]) }
        return String(shown)
    }

    private static func query(_ text: Substring) -> String {
        text.split(separator: "&", omittingEmptySubsequences: false).map { pair in
            let name = pair.prefix { $0 != "=" }
            return name.lowercased().contains("password") ? "\(name)=\(mask)" : String(pair)
        }.joined(separator: "&")
    }
}
