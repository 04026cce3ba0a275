import CatalogImport

/// Text on standard input: for what belongs in no list of processes and no history of a shell.
enum StandardInput {
    /// The text without the end of its last line. More than `limit` bytes are cut off soon after it.
    /// - Parameter what: what the text is, for errors
    /// - Throws: ``CommandError`` where standard input cannot be read, or is not UTF-8
    static func line(upTo limit: Int, _ what: String) throws(CommandError) -> String {
        var bytes: [UInt8] = []
        do {
            let file = try ImportFile("-")
            while bytes.count <= limit {
                let part = try file.next()
                if part.isEmpty { break }
                bytes.append(contentsOf: part)
            }
        } catch {
            throw CommandError(.noInput, error.description)
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw CommandError(.data, "\(what) is not UTF-8") }
        return text
    }
}
