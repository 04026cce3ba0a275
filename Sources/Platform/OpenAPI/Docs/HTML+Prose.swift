extension HTML {
    /// Prose with text between backquotes as code.
    static func inline(_ prose: String) -> HTML {
        .joined(
            prose.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { index, part in
                index.isMultiple(of: 2) ? "\(part)" : "<code>\(part)</code>"
            })
    }

    /// Paragraphs, separated by empty lines.
    static func paragraphs(_ prose: String) -> HTML {
        .joined(prose.split(separator: "\n\n").map { "<p>\(inline(String($0)))</p>" })
    }
}
