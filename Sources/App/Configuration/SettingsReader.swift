import Formats

/// Reads settings one by one out of an environment, and keeps what there is to say about each: its row and its fault.
///
/// A setting is declared where it is read, with its default and its description, and nowhere else.
struct SettingsReader {
    /// How a value is shown.
    enum Exposure {
        case plain
        /// Hidden altogether.
        case secret
        /// A URL that may hold a password.
        case url
    }

    private let environment: [String: String]
    private(set) var rows: [SettingRow] = []
    private(set) var faults: [ConfigurationError] = []

    init(_ environment: [String: String]) {
        self.environment = environment
    }

    /// The variable's text. An empty one counts as not set, which is how compose files and task definitions leave it out.
    func text(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A setting with a default.
    mutating func read<Value>(
        _ name: String, _ form: SettingFormat<Value>, default fallback: Value, shownDefault: String? = nil, _ description: String
    ) -> Value {
        let value = parse(name, form, .plain)
        note(
            name, fallback: shownDefault ?? form.write(fallback), description, .plain,
            effective: form.write(value ?? fallback))
        return value ?? fallback
    }

    /// A setting that may be left out.
    mutating func read<Value>(
        optional name: String, _ form: SettingFormat<Value>, as exposure: Exposure = .plain, shownDefault: String = "",
        _ description: String
    ) -> Value? {
        let value = parse(name, form, exposure)
        note(name, fallback: shownDefault, description, exposure, effective: value.map(form.write) ?? "")
        return value
    }

    /// A secret that may be left out, given itself or in a file that the setting with `_FILE` behind its name tells.
    ///
    /// - Returns: the secret, and the file that it was read from.
    mutating func readSecret(
        _ name: String, form: SettingFormat<String> = .text, fileNote: String = "", _ description: String
    ) -> (secret: String, file: String?)? {
        let given = read(optional: name, form, as: .secret, description)
        let fileName = name + "_FILE"
        let path = read(optional: fileName, .text, "File that contains \(name)\(fileNote)")
        guard let path else { return given.map { ($0, nil) } }
        guard text(name) == nil else {
            fault(fileName, "is set beside \(name)", expected: "one of the two")
            return given.map { ($0, nil) }
        }
        let expected = "a file that holds the secret, on one line"
        do throws(SecretFile.Fault) {
            let secret = try SecretFile.read(path).reveal()
            guard let secret = form.read(secret) else {
                fault(fileName, "cannot be used (its content is not shown)", expected: form.expectation)
                return nil
            }
            return (secret, path)
        } catch {
            fault(fileName, "cannot be used: \(error)", expected: expected)
            return nil
        }
    }

    /// Adds a fault that concerns several settings.
    mutating func fault(_ name: String, _ problem: String, expected: String) {
        faults.append(ConfigurationError(name: name, problem: problem, expected: expected))
    }

    private mutating func parse<Value>(_ name: String, _ form: SettingFormat<Value>, _ exposure: Exposure) -> Value? {
        guard let text = text(name) else { return nil }
        if let value = form.read(text) { return value }
        let problem =
            switch exposure {
            case .plain: "is \"\(Self.excerpt(text))\""
            case .secret, .url: "cannot be used (its value is not shown)"
            }
        fault(name, problem, expected: form.expectation)
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

    /// The beginning of a text, on one line, for a fault.
    private static func excerpt(_ text: String) -> String {
        let line = text.unicodeScalars.prefix(60).map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) }
        return String(line) + (text.unicodeScalars.count > 60 ? "…" : "")
    }
}
