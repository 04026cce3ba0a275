/// One setting as people read about it: in `--print-config` and in the README's table.
package struct SettingRow: Equatable, Sendable {
    /// The environment variable.
    package let name: String
    /// What holds where the variable isn't set; empty where that is nothing.
    package let fallback: String
    /// What the setting does, one line.
    package let description: String
    /// Whether its value must never be shown.
    package let isSecret: Bool
    /// Whether the environment sets it.
    package let isSet: Bool
    /// What holds now, safe to show: secrets and the passwords inside URLs are masked.
    package let shown: String
}
