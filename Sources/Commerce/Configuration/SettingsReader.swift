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
    private(set) var faults: [ConfigurationFault] = []

    init(_ environment: [String: String]) {
        self.environment = environment
    }

    /// The variable's text. An empty one counts as not set, which is how compose files and task definitions leave it out.
    func text(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A setting with a default.
    mutating func read<Value>(
        _ name: String, _ form: SettingForm<Value>, default fallback: Value, shownDefault: String? = nil, _ description: String
    ) -> Value {
        let value = parse(name, form, .plain)
        note(
            name, fallback: shownDefault ?? form.write(fallback), description, .plain,
            effective: form.write(value ?? fallback))
        return value ?? fallback
    }

    /// A setting that may be left out.
    mutating func read<Value>(
        optional name: String, _ form: SettingForm<Value>, as exposure: Exposure = .plain, shownDefault: String = "",
        _ description: String
    ) -> Value? {
        let value = parse(name, form, exposure)
        note(name, fallback: shownDefault, description, exposure, effective: value.map(form.write) ?? "")
        return value
    }

    /// Adds a fault that concerns several settings.
    mutating func fault(_ name: String, _ problem: String, expected: String) {
        faults.append(ConfigurationFault(name: name, problem: problem, expected: expected))
    }

    private mutating func parse<Value>(_ name: String, _ form: SettingForm<Value>, _ exposure: Exposure) -> Value? {
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
