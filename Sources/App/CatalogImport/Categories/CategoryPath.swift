import Formats

/// A category as text: names from the root down with a separator between them, `Home/Kitchen`. A backslash makes the separator a
/// part of a name (`Input\/Output`), and a second backslash a backslash.
package struct CategoryPath: Sendable {
    /// The separator of paths that say nothing else.
    package static let standard = CategoryPath("/")

    let separator: Unicode.Scalar

    private init(_ separator: Unicode.Scalar) { self.separator = separator }

    /// - Parameter separator: one character, not a letter, digit, backslash or white space; otherwise nil
    package init?(separator text: String) {
        guard let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1, scalar != Self.escape,
            !scalar.properties.isAlphabetic, !scalar.properties.isWhitespace, scalar.properties.numericType == nil,
            scalar.properties.generalCategory != .control
        else { return nil }
        separator = scalar
    }

    private static let escape: Unicode.Scalar = "\\"

    /// The names of a path, without white space around them; empty ones are left out.
    package func names(_ path: String) -> [String] {
        var names: [String] = []
        var name = String.UnicodeScalarView()
        func end() {
            let trimmed = String(name).trimmed
            if !trimmed.isEmpty { names.append(trimmed) }
            name = String.UnicodeScalarView()
        }
        var isEscaped = false
        for scalar in path.unicodeScalars {
            if isEscaped {
                // Before any other character a backslash is only a backslash.
                if scalar != separator, scalar != Self.escape { name.append(Self.escape) }
                name.append(scalar)
                isEscaped = false
            } else if scalar == Self.escape {
                isEscaped = true
            } else if scalar == separator {
                end()
            } else {
                name.append(scalar)
            }
        }
        if isEscaped { name.append(Self.escape) }
        end()
        return names
    }

    /// The path that ``names(_:)`` reads as these names.
    package func text(_ names: [String]) -> String {
        var path = String.UnicodeScalarView()
        for (index, name) in names.enumerated() {
            if index > 0 { path.append(separator) }
            for scalar in name.unicodeScalars {
                if scalar == separator || scalar == Self.escape { path.append(Self.escape) }
                path.append(scalar)
            }
        }
        return String(path)
    }
}

extension String {
    /// The name as it is compared: Unicode's full case folding, in NFC, with single spaces for white space.
    ///
    /// The standard library has no case folding. In lower case, upper case and lower case again, letters are equal if and only if
    /// their folds are (Unicode 16, CaseFolding.txt), except for the dotless i, which has no other case outside of Turkish.
    var foldedCategoryName: String {
        var folded = UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar.isASCII || scalar == "\u{131}" {
                let isCapital = ("A"..."Z").contains(scalar)
                folded.append(isCapital ? Unicode.Scalar(UInt8(truncatingIfNeeded: scalar.value) | 0x20) : scalar)
                continue
            }
            for lower in scalar.properties.lowercaseMapping.unicodeScalars {
                for upper in lower.properties.uppercaseMapping.unicodeScalars {
                    folded.append(contentsOf: upper.properties.lowercaseMapping.unicodeScalars)
                }
            }
        }
        return String(folded).withSingleSpaces.composed
    }

    /// The text with a single space for each run of white space, and none at its ends.
    var withSingleSpaces: String {
        unicodeScalars.split { $0.isASCII ? $0 == " " || ("\t"..."\r").contains($0) : $0.properties.isWhitespace }
            .map { String($0) }.joined(separator: " ")
    }
}
