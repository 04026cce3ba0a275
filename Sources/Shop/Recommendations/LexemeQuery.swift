/// The text of a `tsquery` that matches any of some lexemes.
enum LexemeQuery {
    static func any(of lexemes: [String]) -> String {
        lexemes.map { lexeme in
            var text = "'"
            for scalar in lexeme.unicodeScalars {
                // As PostgreSQL reads them back within quotes.
                if scalar == "'" || scalar == "\\" { text.unicodeScalars.append(scalar) }
                text.unicodeScalars.append(scalar)
            }
            return text + "'"
        }.joined(separator: " | ")
    }
}
