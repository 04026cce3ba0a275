/// How log lines look.
package enum LogFormat: String, CaseIterable, Sendable {
    /// One JSON object a line, for machines.
    case json
    /// Aligned text, coloured on a terminal, for people.
    case pretty
}
