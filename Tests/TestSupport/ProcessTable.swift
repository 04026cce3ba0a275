import Foundation

/// What /proc tells about processes (proc(5)).
package enum ProcessTable {
    /// The processes whose parent is `parent`.
    package static func children(of parent: pid_t) -> [pid_t] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { pid_t($0) }.filter { self.parent(of: $0) == parent }
    }

    private static func parent(of process: pid_t) -> pid_t? {
        // The command's name is in parentheses and may hold anything; the state and the parent follow the last one.
        let text = readText("/proc/\(process)/stat")
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 1 ? pid_t(fields[1]) : nil
    }
}
