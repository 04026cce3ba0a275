import Foundation

/// A statement that PostgreSQL ran, and how: from the log of its auto_explain module.
struct QueryPlan {
    let text: String
    /// Tables that were read from one end to the other.
    let scanned: Set<String>
    let indexes: Set<String>
    /// The most rows that one node has read, in all its loops; 0 where the log does not say it.
    let rows: Double
    /// How often functions in FROM were called, by their names.
    let calls: [String: Double]

    /// The plans of a log, in its order. The further lines of an entry begin with a tab.
    static func all(in log: String) -> [QueryPlan] {
        var plans: [QueryPlan] = []
        var json: [Substring]?
        for line in (log + "\n").split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("\t"), json != nil {
                json?.append(line)
                continue
            }
            if let lines = json, let plan = QueryPlan(json: lines.joined()) { plans.append(plan) }
            json = line.contains("LOG:  duration:") && line.hasSuffix("plan:") ? [] : nil
        }
        return plans
    }

    private init?(json: String) {
        guard let log = try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any],
            let text = log["Query Text"] as? String, let plan = log["Plan"] as? [String: Any]
        else { return nil }
        self.text = text
        var (scanned, indexes): (Set<String>, Set<String>) = ([], [])
        var rows = 0.0
        var calls: [String: Double] = [:]
        func visit(_ node: [String: Any]) {
            if let index = node["Index Name"] as? String { indexes.insert(index) }
            if node["Node Type"] as? String == "Seq Scan", let table = node["Relation Name"] as? String { scanned.insert(table) }
            func number(_ key: String) -> Double { (node[key] as? NSNumber)?.doubleValue ?? 0 }
            let read = number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Join Filter")
            rows = max(rows, read * number("Actual Loops"))
            if let function = node["Function Name"] as? String { calls[function, default: 0] += number("Actual Loops") }
            for child in node["Plans"] as? [[String: Any]] ?? [] { visit(child) }
        }
        visit(plan)
        self.scanned = scanned
        self.indexes = indexes
        self.rows = rows
        self.calls = calls
    }
}
