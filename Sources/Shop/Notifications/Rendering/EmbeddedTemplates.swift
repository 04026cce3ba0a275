import CShopAPI

/// The files that the program contains.
enum EmbeddedTemplates {
    /// The templates of mails by path, as `en/order-placed.txt`.
    static let mails = files.filter { !$0.key.hasPrefix("pages/") }

    /// A file of `Pages/Files`; empty without one, which a test excludes.
    static func page(_ name: String) -> String { files["pages/" + name] ?? "" }

    private static let files: [String: String] = {
        var count = 0
        let files = UnsafeBufferPointer(start: mail_templates(&count), count: count)
        var texts: [String: String] = [:]
        for file in files {
            texts[String(cString: file.path)] = String(
                decoding: UnsafeBufferPointer(start: file.bytes, count: file.count), as: UTF8.self)
        }
        return texts
    }()
}
