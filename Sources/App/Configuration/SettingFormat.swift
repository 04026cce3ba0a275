import Formats
import Money
import Web

/// How the text of a setting is read and written.
package struct SettingFormat<Value: Sendable>: Sendable {
    /// The description of a value, which completes the sentence "expected …".
    package let expectation: String
    /// The value of a text, or nil if the text is not valid.
    package let read: @Sendable (String) -> Value?
    /// The text of a value; `read` turns it into the value again.
    package let write: @Sendable (Value) -> String
}

extension SettingFormat where Value == String {
    /// Any text without control characters.
    static var text: SettingFormat {
        text("text without control characters") { _ in true }
    }

    /// Text without control characters that also meets a condition.
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

extension SettingFormat where Value == String {
    /// An ISO 639-1 code in lower case.
    static var language: SettingFormat {
        text("an ISO 639-1 code in lower case, such as en") { text in
            text.utf8.count == 2 && text.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        }
    }
}

extension SettingFormat where Value == Bool {
    /// `on` or `off`, or another common word for these.
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
    /// One of a fixed list of words.
    static var choice: SettingFormat {
        SettingFormat(
            expectation: "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "),
            read: { text in Value(rawValue: text.lowercased()) },
            write: { $0.rawValue })
    }
}

extension SettingFormat {
    /// Values separated by commas; blanks around values and empty values are ignored.
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

extension SettingFormat where Value == String {
    /// A libpq URL; libpq itself checks host and parameters.
    static var databaseURL: SettingFormat {
        text("a URL like postgresql://user:password@host:5432/name") { text in
            text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
        }
    }

    /// A Redis URL; the client checks the rest.
    static var redisURL: SettingFormat {
        text("a URL like redis://user:password@host:6379") { text in
            text.hasPrefix("redis://") || text.hasPrefix("rediss://")
        }
    }

    /// The name or address of a host; for PostgreSQL also the directory of its socket.
    static var host: SettingFormat {
        text("a host name or address") { text in
            text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"@?#[]%,".utf8.contains($0) }
        }
    }

    /// An absolute http(s) URL, or a path from the root.
    static var imageBase: SettingFormat {
        let format = text("an http or https URL, or a path like /assets") { text in
            let isAddress = text.hasPrefix("https://") || text.hasPrefix("http://") || text.hasPrefix("/")
            return isAddress && !text.contains { $0 == " " || $0 == "?" || $0 == "#" }
        }
        return SettingFormat(
            expectation: format.expectation,
            read: { text in
                guard var base = format.read(text) else { return nil }
                while base.hasSuffix("/") { base.removeLast() }
                return base
            },
            write: { $0 })
    }

    /// A serialised origin (RFC 6454 §6.2), or `*`.
    static var origin: SettingFormat {
        text("an origin like https://shop.example, or *") { text in
            guard text != "*" else { return true }
            guard let scheme = text.firstRange(of: "://"), ["http", "https"].contains(text[..<scheme.lowerBound]) else {
                return false
            }
            let host = text[scheme.upperBound...]
            return !host.isEmpty
                && host.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"),
                        UInt8(ascii: "["), UInt8(ascii: "]"):
                        true
                    default: false
                    }
                }
        }
    }

    /// An address block, as ``AddressBlock`` reads it.
    static var addressRange: SettingFormat {
        text("an address or range like 10.0.0.0/16") { AddressBlock($0) != nil }
    }

    /// A numeric address; `localhost` stands for 127.0.0.1.
    static var listenAddress: SettingFormat {
        SettingFormat(
            expectation: "a numeric address like 0.0.0.0 or ::",
            read: { $0.lowercased() == "localhost" ? "127.0.0.1" : IPAddress($0) == nil ? nil : $0 },
            write: { $0 })
    }
}

extension SettingFormat where Value == CurrencyCode {
    /// A currency in use.
    static var currency: SettingFormat {
        SettingFormat(
            expectation: "an ISO 4217 code like USD", read: { CurrencyCode($0.asciiUppercased) }, write: { $0.code })
    }
}

/// The text of a number of bytes in a setting.
enum ByteSize {
    private static let units: [(suffix: String, bytes: Int)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
    ]

    /// Reads digits and one of `B`, `KiB`, `MiB`, `GiB`; a number without a unit is bytes. Nil for any other text.
    static func bytes(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, let count = Int(digits) else { return nil }
        let suffix = text[digits.endIndex...].lowercased()
        guard let unit = units.first(where: { $0.suffix.lowercased() == (suffix.isEmpty ? "b" : suffix) }) else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit.bytes)
        return overflow ? nil : bytes
    }

    /// The number in the largest unit without a remainder; below 1 KiB, a number without a unit.
    static func text(_ bytes: Int) -> String {
        guard bytes != 0, let unit = units.first(where: { bytes % $0.bytes == 0 }), unit.bytes > 1 else { return "\(bytes)" }
        return "\(bytes / unit.bytes)\(unit.suffix)"
    }
}

extension Duration {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// Reads digits and one of `ms`, `s`, `m`, `h`, `d`; a number without a unit is seconds. Nil for any other text.
    package init?(setting text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, let count = Int64(digits) else { return nil }
        let suffix = text[digits.endIndex...].lowercased()
        guard let unit = Self.units.first(where: { $0.suffix == (suffix.isEmpty ? "s" : suffix) }) else { return nil }
        let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit.milliseconds)
        guard !overflow else { return nil }
        self = .milliseconds(milliseconds)
    }

    /// The time in the largest unit without a remainder; parts of a millisecond are dropped.
    package var settingText: String {
        let milliseconds = settingMilliseconds
        guard milliseconds != 0 else { return "0s" }
        let unit = Self.units.first { milliseconds % $0.milliseconds == 0 }
        return unit.map { "\(milliseconds / $0.milliseconds)\($0.suffix)" } ?? "\(milliseconds)ms"
    }

    /// Whole milliseconds, limited to 64 bits.
    package var settingMilliseconds: Int64 {
        Int64(clamping: attoseconds / 1_000_000_000_000_000)
    }
}
