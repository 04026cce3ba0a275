import Formats
import Glibc

/// The texts of all mails in all languages. They are files beside this one, which the program contains, and each can be replaced by
/// a file of a directory.
///
/// `en/order-placed.txt` begins with a line `Subject: …` and an empty line; `en/order-placed.html` is the same mail as HTML. A name
/// with `_` before it is a text that others include.
package struct MailTemplates: Sendable {
    /// A mail in one language.
    struct Mail: Sendable {
        let subject: Template
        let text: Template
        let html: Template
    }

    private let mails: [MailLanguage: [MailKind: Mail]]

    /// The texts of the program.
    package static let embedded = Result { () throws(TemplateError) in try MailTemplates(files: EmbeddedTemplates.mails) }

    /// - Parameter files: the texts by path, as `en/order-placed.txt`
    /// - Throws: for the first file that is missing, unknown or not a template.
    init(files: [String: String]) throws(TemplateError) {
        var mails: [MailLanguage: [MailKind: Mail]] = [:]
        for language in MailLanguage.allCases {
            for kind in MailKind.allCases { mails[language, default: [:]][kind] = try Self.mail(kind, language, files) }
        }
        self.mails = mails
    }

    /// No texts: a placeholder where the settings are wrong.
    package init() { mails = [:] }

    /// Reads the files of a directory over those of the program. Blocks.
    /// - Throws: for the first file that cannot be read, is unknown, or is not a template.
    package init(overriding directory: String) throws(TemplateError) {
        var files = EmbeddedTemplates.mails
        for language in try TemplateDirectory.names(directory) {
            guard MailLanguage(rawValue: language) != nil else {
                let known = MailLanguage.allCases.map(\.rawValue).joined(separator: ", ")
                throw TemplateError("\(language) is not a directory of a language: there are \(known)")
            }
            for name in try TemplateDirectory.names(directory + "/" + language) {
                let path = language + "/" + name
                guard files[path] != nil else { throw TemplateError("there is no template \(path.prefix(80)) to replace") }
                files[path] = try TemplateDirectory.text(directory + "/" + path, named: path)
            }
        }
        try self.init(files: files)
    }

    /// The mail, put together with its values.
    func render(
        _ kind: MailKind, _ language: MailLanguage, _ values: TemplateValues
    ) throws(TemplateError) -> (
        subject: String, text: String, html: String
    ) {
        guard let mail = mails[language]?[kind] else { throw TemplateError("there is no mail \(kind.rawValue)") }
        return (try mail.subject.render(values), try mail.text.render(values), try mail.html.render(values))
    }

    private static func mail(
        _ kind: MailKind, _ language: MailLanguage, _ files: [String: String]
    ) throws(TemplateError) -> Mail {
        func read(
            _ format: Template.Format, of lines: (String) throws(TemplateError) -> (String, line: Int)
        ) throws(TemplateError) -> Template {
            let path = "\(language.rawValue)/\(kind.rawValue).\(format.rawValue)"
            guard let source = files[path] else { throw TemplateError("\(path) is missing") }
            do throws(TemplateError) {
                let (text, line) = try lines(source)
                return try Template(
                    text, format, shape: kind.shape, partials: partials(language, format, files), line: line)
            } catch {
                throw TemplateError("\(path), \(error.description)")
            }
        }
        return Mail(
            subject: try read(.text) { source throws(TemplateError) in (try split(source).subject, 1) },
            text: try read(.text) { source throws(TemplateError) in (try split(source).text, 3) },
            html: try read(.html) { source throws(TemplateError) in (source, 1) })
    }

    /// The texts that others include, by name without the `_`.
    private static func partials(
        _ language: MailLanguage, _ format: Template.Format, _ files: [String: String]
    ) -> [String: String] {
        var partials: [String: String] = [:]
        let (start, end) = (language.rawValue + "/_", "." + format.rawValue)
        for (path, text) in files where path.hasPrefix(start) && path.hasSuffix(end) {
            partials[String(path.dropFirst(start.count).dropLast(end.count))] = text
        }
        return partials
    }

    /// The subject, and the text from the third line on.
    private static func split(_ source: String) throws(TemplateError) -> (subject: String, text: String) {
        let lines = source.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        let mark = "Subject: "
        guard lines.count == 3, lines[0].hasPrefix(mark), lines[1].isEmpty else {
            throw TemplateError(line: 1, "the first line must be \"Subject: …\", and the second one empty")
        }
        return (String(lines[0].dropFirst(mark.count)), String(lines[2]))
    }
}

/// Reads a directory of templates. Blocks.
enum TemplateDirectory {
    /// The names in a directory, without hidden ones, in order.
    static func names(_ path: String) throws(TemplateError) -> [String] {
        guard let directory = opendir(path) else {
            throw TemplateError("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
            guard names.count <= 1_000 else { throw TemplateError("\(path) has too many files") }
        }
        return names.sorted()
    }

    /// The text of a file.
    /// - Parameter name: its name for errors
    static func text(_ path: String, named name: String) throws(TemplateError) -> String {
        func fault() -> TemplateError { TemplateError("\(name) cannot be read: \(String(cString: strerror(errno)))") }
        // Without O_NONBLOCK, opening a named pipe would wait for its other end.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw fault() }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fault() }
            if count == 0 { break }
            bytes += buffer[..<count]
            guard bytes.count <= Template.longest else { throw TemplateError("\(name) is longer than \(Template.longest) bytes") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw TemplateError("\(name) is not UTF-8") }
        return text.replacing("\r\n", with: "\n")
    }
}
