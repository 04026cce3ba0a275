/// How a setting's text is read and written: the pure half of a setting, without its name.
package struct SettingFormat<Value: Sendable>: Sendable {
    /// What a value looks like, as it ends the sentence "expected …".
    package let expectation: String
    /// The value of a text, or nil where the text isn't one.
    package let read: @Sendable (String) -> Value?
    /// The text of a value, such that `read` gives the value back.
    package let write: @Sendable (Value) -> String
}

extension SettingFormat where Value == String {
    /// Any text without control characters.
    static var text: SettingFormat {
        text("text without control characters") { _ in true }
    }

    /// Text without control characters that also passes a test.
    static func text(_ expectation: String, where isValid: @escaping @Sendable (String) -> Bool) -> SettingFormat {
        SettingFormat(
            expectation: expectation,
            read: { text in
                let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
                return isPlain && isValid(text) ? text : nil
            },
            write: { $0 })
    }
}

extension SettingFormat where Value == Bool {
    /// `on` or `off`; also the other words that environments use for these.
    static var switched: SettingFormat {
        SettingFormat(
            expectation: "on or off",
            read: { text in
                switch text.lowercased() {
                case "on", "true", "yes", "1": true
                case "off", "false", "no", "0": false
                default: nil
                }
            },
            write: { $0 ? "on" : "off" })
    }
}

extension SettingFormat where Value == Int {
    /// A whole number in decimal digits.
    static func integer(_ range: ClosedRange<Int>) -> SettingFormat {
        SettingFormat(
            expectation: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            read: { text in Int(text).flatMap { range.contains($0) ? $0 : nil } },
            write: { String($0) })
    }

    /// A number of bytes: `1MiB`, `64KiB`, `512`.
    static func size(_ range: ClosedRange<Int>) -> SettingFormat {
        SettingFormat(
            expectation: "a size from \(ByteSize.text(range.lowerBound)) to \(ByteSize.text(range.upperBound)), like 64KiB",
            read: { text in ByteSize.bytes(text).flatMap { range.contains($0) ? $0 : nil } },
            write: { ByteSize.text($0) })
    }
}

extension SettingFormat where Value == Duration {
    /// A time: `500ms`, `30s`, `15m`, `24h`, `30d`; a bare number is seconds.
    static func duration(_ range: ClosedRange<Duration>) -> SettingFormat {
        SettingFormat(
            expectation: "a time from \(range.lowerBound.settingText) to \(range.upperBound.settingText), like 30s",
            read: { text in Duration(setting: text).flatMap { range.contains($0) ? $0 : nil } },
            write: { $0.settingText })
    }
}

extension SettingFormat where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of a few words.
    static var choice: SettingFormat {
        SettingFormat(
            expectation: "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "),
            read: { text in Value(rawValue: text.lowercased()) },
            write: { $0.rawValue })
    }
}

extension SettingFormat {
    /// Values separated by commas; blanks around them and empty ones don't count.
    static func list<Element: Sendable>(_ element: SettingFormat<Element>) -> SettingFormat where Value == [Element] {
        SettingFormat(
            expectation: "a comma-separated list, each \(element.expectation)",
            read: { text in
                var values: [Element] = []
                for part in text.split(separator: ",") {
                    let trimmed = String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
                    guard !trimmed.isEmpty else { continue }
                    guard let value = element.read(trimmed) else { return nil }
                    values.append(value)
                }
                return values
            },
            write: { $0.map(element.write).joined(separator: ",") })
    }
}
