/// A text with places for values, in the syntax of Mustache (mustache(5)) as far as mails need it:
///
/// | syntax | what it is |
/// |---|---|
/// | `{{name}}` | a value; in HTML, escaped |
/// | `{{#name}} … {{/name}}` | a section: once for each element of a list, or once if a flag is on or a text is not empty |
/// | `{{^name}} … {{/name}}` | an inverted section: once if the list or text is empty, or the flag is off |
/// | `{{! … }}` | a comment |
/// | `{{> name}}` | another template, whose text is put here before it is read |
///
/// A line with a tag alone, other than a value, leaves no line. There is no logic, no way to write a value unescaped, and no
/// recursion. Reading a template finds every fault, unknown names too, so that rendering cannot fail on one.
struct Template: Sendable {
    enum Format: String, CaseIterable, Sendable {
        case text = "txt"
        case html
    }

    /// What the values of a template are.
    indirect enum Shape: Equatable, Sendable {
        case text, flag
        case list([String: Shape])
    }

    private indirect enum Node: Sendable {
        case literal(String)
        case value(String)
        case section(String, isInverted: Bool, [Node])
    }

    /// How long the text of a template can be, with those that it includes, in bytes.
    static let longest = 128 << 10
    /// How deep sections can be nested.
    private static let deepest = 8
    /// The longest text that is rendered, in bytes: more than an order of 100 lines with the longest names and many options has.
    static let longestOutput = 8 << 20

    private let nodes: [Node]
    private let format: Format

    /// Reads a template.
    /// - Parameters:
    ///   - shape: the values that it can use
    ///   - partials: the templates that it can include, by name; they include none
    ///   - line: the number of its first line, for errors
    init(
        _ source: String, _ format: Format, shape: [String: Shape], partials: [String: String] = [:], line: Int = 1
    ) throws(TemplateError) {
        self.format = format
        var reader = Reader(text: source, partials: partials, line: line)
        nodes = try reader.read([shape])
    }

    /// Puts values into the template.
    /// - Parameter longest: the longest text, in bytes
    func render(_ values: TemplateValues, longest: Int = Template.longestOutput) throws(TemplateError) -> String {
        var output = ""
        try render(nodes, [values], longest, &output)
        return output
    }

    private func render(
        _ nodes: [Node], _ stack: [TemplateValues], _ longest: Int, _ output: inout String
    ) throws(TemplateError) {
        for node in nodes {
            switch node {
            case .literal(let text): output += text
            case .value(let name):
                guard case .text(let text)? = Self.find(name, stack) else { throw TemplateError("{{\(name)}} has no value") }
                output += format == .html ? TemplateText.escaped(text) : TemplateText.plain(text)
            case .section(let name, let isInverted, let body):
                guard let value = Self.find(name, stack) else { throw TemplateError("{{#\(name)}} has no value") }
                if isInverted {
                    if value.isEmpty { try render(body, stack, longest, &output) }
                } else if case .list(let elements) = value {
                    for element in elements { try render(body, stack + [element], longest, &output) }
                } else if !value.isEmpty {
                    try render(body, stack, longest, &output)
                }
            }
            guard output.utf8.count <= longest else { throw TemplateError("the text is too long") }
        }
    }

    /// The innermost value of a name.
    private static func find(_ name: String, _ stack: [TemplateValues]) -> TemplateValue? {
        for values in stack.reversed() {
            if let value = values[name] { return value }
        }
        return nil
    }
}

/// The values of a template or of an element of a list, by name.
typealias TemplateValues = [String: TemplateValue]

/// A value of a template.
enum TemplateValue: Sendable {
    case text(String)
    case flag(Bool)
    case list([TemplateValues])

    fileprivate var isEmpty: Bool {
        switch self {
        case .text(let text): text.isEmpty
        case .flag(let isOn): !isOn
        case .list(let elements): elements.isEmpty
        }
    }
}

/// What is wrong with a template, in one line.
package struct TemplateError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
    init(line: Int, _ description: String) { self.description = "line \(line): \(description)" }
}

// MARK: Reading

extension Template {
    private struct Reader {
        private let partials: [String: String]
        private var rest: Substring
        private var line: Int
        /// How many bytes of included text there are.
        private var included = 0
        /// Whether only white space stands before `rest` on its line.
        private var isAtStart = true

        init(text: String, partials: [String: String], line: Int = 1) {
            rest = text[...]
            self.line = line
            self.partials = partials
        }

        mutating func read(_ shapes: [[String: Shape]]) throws(TemplateError) -> [Node] {
            guard rest.utf8.count <= Template.longest else { throw TemplateError("is longer than \(Template.longest) bytes") }
            return try nodes(shapes, section: nil)
        }

        /// Reads until the end of a section, or of the text.
        private mutating func nodes(_ shapes: [[String: Shape]], section: String?) throws(TemplateError) -> [Node] {
            var nodes: [Node] = []
            let start = line
            while let open = rest.firstRange(of: "{{") {
                let before = rest[..<open.lowerBound]
                guard let close = rest[open.upperBound...].firstRange(of: "}}") else {
                    throw TemplateError(line: line + Self.breaks(before), "{{ has no }}")
                }
                let tag = rest[open.upperBound..<close.lowerBound]
                var after = rest[close.upperBound...]
                guard !tag.contains(where: \.isNewline) else {
                    throw TemplateError(line: line + Self.breaks(before), "a tag must stand on one line")
                }
                guard !tag.hasPrefix("{"), !after.hasPrefix("}") else {
                    throw TemplateError(line: line + Self.breaks(before), "values are always escaped: write {{name}}")
                }
                let kind = tag.first.flatMap { "#^/!>&=".contains($0) ? $0 : nil }
                let name = Self.trimmed(kind == nil ? tag : tag.dropFirst())
                var literal = before
                // A tag that stands alone takes its line with it.
                if kind != nil, let (kept, next) = Self.standalone(before, after, isAtStart: isAtStart) {
                    literal = kept
                    after = next
                }
                if !literal.isEmpty { nodes.append(.literal(String(literal))) }
                line += Self.breaks(before)
                let at = line
                line += Self.breaks(rest[close.upperBound..<after.startIndex])
                isAtStart = after.startIndex > close.upperBound && rest[..<after.startIndex].last?.isNewline == true
                rest = after
                switch kind {
                case "!": break
                case "/":
                    guard name == section else { throw TemplateError(line: at, "{{/\(name)}} closes no section") }
                    return nodes
                case "#", "^":
                    guard shapes.count <= Template.deepest else {
                        throw TemplateError(line: at, "too many sections in one another")
                    }
                    let shape = try Self.shape(name, shapes, line: at)
                    var inner = shapes
                    // In an inverted section there is no element.
                    if kind == "#", case .list(let element) = shape { inner.append(element) } else { inner.append([:]) }
                    let body = try self.nodes(inner, section: name)
                    nodes.append(.section(name, isInverted: kind == "^", body))
                case ">":
                    guard let partial = partials[name] else {
                        throw TemplateError(line: at, "there is no template \(name) to include")
                    }
                    guard partial.firstRange(of: "{{>") == nil else {
                        throw TemplateError(line: at, "\(name) includes another template")
                    }
                    included += partial.utf8.count
                    guard included <= Template.longest else { throw TemplateError(line: at, "the included text is too long") }
                    // A template of its own, so that its lines count from 1 and its sections end in it.
                    var reader = Reader(text: partial, partials: [:])
                    do throws(TemplateError) { nodes += try reader.nodes(shapes, section: nil) } catch {
                        throw TemplateError("\(name), \(error.description)")
                    }
                case nil:
                    guard case .text = try Self.shape(name, shapes, line: at) else {
                        throw TemplateError(line: at, "{{\(name)}} is not a text: use {{#\(name)}} … {{/\(name)}}")
                    }
                    nodes.append(.value(name))
                default: throw TemplateError(line: at, "{{\(tag)}} is not supported")
                }
            }
            if let section { throw TemplateError(line: start, "{{#\(section)}} is not closed") }
            if !rest.isEmpty { nodes.append(.literal(String(rest))) }
            rest = ""
            return nodes
        }

        private static func shape(_ name: String, _ shapes: [[String: Shape]], line: Int) throws(TemplateError) -> Shape {
            for shape in shapes.reversed() {
                if let found = shape[name] { return found }
            }
            let known = Set(shapes.flatMap(\.keys)).sorted().joined(separator: ", ")
            throw TemplateError(line: line, "there is no value \"\(name.prefix(40))\"; there are \(known)")
        }

        /// The text before and after a tag without the rest of its line, if nothing else stands on it.
        private static func standalone(
            _ before: Substring, _ after: Substring, isAtStart: Bool
        ) -> (kept: Substring, next: Substring)? {
            let lineStart = before.lastIndex(where: \.isNewline).map { before.index(after: $0) }
            guard lineStart != nil || isAtStart,
                before[(lineStart ?? before.startIndex)...].allSatisfy({ $0 == " " || $0 == "\t" })
            else { return nil }
            let tail = after.drop { $0 == " " || $0 == "\t" }
            guard tail.first?.isNewline != false else { return nil }
            return (before[..<(lineStart ?? before.startIndex)], tail.dropFirst())
        }

        private static func breaks(_ text: Substring) -> Int { text.count(where: \.isNewline) }

        private static func trimmed(_ text: Substring) -> String {
            let isSpace = { (character: Character) in character == " " || character == "\t" }
            let end = text.lastIndex { !isSpace($0) }.map { text.index(after: $0) } ?? text.startIndex
            return String(text[..<end].drop(while: isSpace))
        }
    }
}
