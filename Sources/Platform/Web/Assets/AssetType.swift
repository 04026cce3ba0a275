/// The kinds of file that are served.
enum AssetType {
    /// The Content-Type for a file name; nil for what is not served.
    static func type(of name: String) -> String? {
        guard let dot = name.lastIndex(of: ".") else { return nil }
        return switch name[name.index(after: dot)...] {
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "webp": "image/webp"
        case "css": "text/css; charset=utf-8"
        case "txt": "text/plain; charset=utf-8"
        default: nil
        }
    }

    /// SVG is a document that can hold scripts: opened by itself it must not run them in the service's origin.
    static func policy(of name: String) -> String? {
        name.hasSuffix(".svg") ? "default-src 'none'; style-src 'unsafe-inline'" : nil
    }
}
