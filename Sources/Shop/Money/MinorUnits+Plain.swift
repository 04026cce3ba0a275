extension MinorUnits {
    /// The shortest decimal of a number: `1.20` is `1.2`, and `-0` is `0`. Nil for all that `parse` refuses.
    ///
    /// Numbers that are compared as text, such as those of attributes, are written in this form.
    /// - Parameter digits: the most digits behind the point
    package static func plain(_ text: String, digits: Int) -> String? {
        guard let parsed = parse(text, exponent: digits) else { return nil }
        var plain = format(parsed, exponent: digits)
        guard digits > 0, plain.contains(".") else { return plain }
        while plain.hasSuffix("0") { plain.removeLast() }
        if plain.hasSuffix(".") { plain.removeLast() }
        return plain
    }
}
