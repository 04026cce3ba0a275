import Formats

/// Reads settings one by one from an environment, and collects their rows and errors.
///
/// A setting is declared only where it is read, with its default and its description.
struct SettingsReader {
    /// How much of a value may be shown.
    enum Exposure {
        case plain
        /// Nothing.
        case secret
        /// A URL without its password.
        case url
    }

    private let environment: [String: String]
    private(set) var rows: [SettingRow] = []
    private(set) var errors: [SettingError] = []

    init(_ environment: [String: String]) {
        self.environment = environment
    }

    /// The variable's text. An empty one counts as not set: compose files and task definitions leave variables out that way.
    func text(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A setting with a default.
    mutating func read<Value>(
        _ name: String, _ format: SettingFormat<Value>, default fallback: Value, shownDefault: String? = nil,
        _ description: String
    ) -> Value {
        let value = parse(name, format, .plain)
        note(
            name, fallback: shownDefault ?? format.write(fallback), description, .plain,
            effective: format.write(value ?? fallback))
        return value ?? fallback
    }

    /// A setting without a default.
    mutating func read<Value>(
        optional name: String, _ format: SettingFormat<Value>, as exposure: Exposure = .plain, shownDefault: String = "",
        _ description: String
    ) -> Value? {
        let value = parse(name, format, exposure)
        note(name, fallback: shownDefault, description, exposure, effective: value.map(format.write) ?? "")
        return value
    }

    /// A secret without a default, in the variable itself or in a file, whose path the variable with the suffix `_FILE` holds.
    /// - Returns: The secret, and the file that it was read from.
    mutating func readSecret(
        _ name: String, format: SettingFormat<String> = .text, fileNote: String = "", _ description: String
    ) -> (secret: String, file: String?)? {
        let given = read(optional: name, format, as: .secret, description)
        let fileName = name + "_FILE"
        let path = read(optional: fileName, .text, "File that contains \(name)\(fileNote)")
        guard let path else { return given.map { ($0, nil) } }
        guard text(name) == nil else {
            reject(fileName, "is set beside \(name)", expected: "one of the two")
            return given.map { ($0, nil) }
        }
        let expected = "a file that holds the secret, on one line"
        do throws(SecretFile.Fault) {
            let secret = try SecretFile.read(path).reveal()
            guard let secret = format.read(secret) else {
                reject(fileName, "cannot be used (its content is not shown)", expected: format.expectation)
                return nil
            }
            return (secret, path)
        } catch {
            reject(fileName, "cannot be used: \(error)", expected: expected)
            return nil
        }
    }

    /// Adds an error, for example of a setting that contradicts another one.
    mutating func reject(_ name: String, _ problem: String, expected: String) {
        errors.append(SettingError(name: name, problem: problem, expected: expected))
    }

    private mutating func parse<Value>(_ name: String, _ format: SettingFormat<Value>, _ exposure: Exposure) -> Value? {
        guard let text = text(name) else { return nil }
        if let value = format.read(text) { return value }
        let problem =
            switch exposure {
            case .plain: "is \"\(Self.excerpt(text))\""
            case .secret, .url: "cannot be used (its value is not shown)"
            }
        reject(name, problem, expected: format.expectation)
        return nil
    }

    private mutating func note(
        _ name: String, fallback: String, _ description: String, _ exposure: Exposure, effective: String
    ) {
        let isSet = text(name) != nil
        let shown =
            switch exposure {
            case .plain: effective
            case .secret: isSet ? SecretMask.mask : ""
            case .url: SecretMask.url(effective)
            }
        rows.append(
            SettingRow(
                name: name, fallback: fallback, description: description, isSecret: exposure == .secret, isSet: isSet,
                shown: shown))
    }

    /// The beginning of a text, on one line, for an error.
    private static func excerpt(_ text: String) -> String {
        let line = text.unicodeScalars.prefix(60).map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) }
        return String(line) + (text.unicodeScalars.count > 60 ? "…" : "")
    }
}

/// Hides secrets in the text of a setting.
enum SecretMask {
    static let mask = "***"

    /// A URL with the password of its authority and the secret parameters of its query hidden. A text that is not a URL is hidden
    /// as a whole: it may contain a secret anywhere.
    static func url(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text.isEmpty ? "" : mask }
        let parts = text[scheme.upperBound...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        // A password may contain an unescaped slash, so the last "@" ends the account.
        var address = String(parts.first ?? "")
        if let at = address.lastIndex(of: "@") {
            let account = address[..<at]
            let user = account.firstIndex(of: ":").map { account[..<$0] + ":" + mask } ?? account
            address = String(user + address[at...])
        }
        var shown = text[..<scheme.upperBound] + address
        if parts.count > 1 { shown += "?" + query(parts[1]) }
        return String(shown)
    }

    private static func query(_ text: Substring) -> String {
        text.split(separator: "&", omittingEmptySubsequences: false).map { pair in
            let name = pair.prefix { $0 != "=" }
            return name.lowercased().contains("password") ? "\(name)=\(mask)" : String(pair)
        }.joined(separator: "&")
    }
}
