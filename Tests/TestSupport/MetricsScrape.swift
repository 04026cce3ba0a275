/// Metrics as a reader of Prometheus' text format 0.0.4 understands them, by the letter.
package struct MetricsScrape: Sendable {
    /// The value of each series, under its name with labels as written.
    package let values: [String: Double]
    /// The kind of each family.
    package let kinds: [String: String]
    package let helps: [String: String]

    /// - Throws: ``TestFailure`` with the first line that is not as the format wants it.
    package init(_ text: String) throws {
        var values: [String: Double] = [:]
        var kinds: [String: String] = [:]
        var helps: [String: String] = [:]
        var family = ""
        guard text.hasSuffix("\n") else { throw TestFailure("the last line has no end") }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if let help = line.wholeMatch(of: /# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)/) {
                helps[String(help.1)] = String(help.2)
            } else if let type = line.wholeMatch(of: /# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)/) {
                family = String(type.1)
                guard kinds.updateValue(String(type.2), forKey: family) == nil else { throw TestFailure("twice: \(line)") }
            } else if let sample = line.wholeMatch(of: Self.sample) {
                let name = String(sample.1)
                let isHistogram = kinds[family] == "histogram"
                let names = isHistogram ? [family + "_bucket", family + "_sum", family + "_count"] : [family]
                guard names.contains(name), let value = Double(sample.3) else { throw TestFailure("out of place: \(line)") }
                let series = name + (sample.2.map(String.init) ?? "")
                guard values.updateValue(value, forKey: series) == nil else { throw TestFailure("twice: \(line)") }
            } else {
                throw TestFailure("no line of the format: \(line)")
            }
        }
        self.values = values
        self.kinds = kinds
        self.helps = helps
    }

    private static var sample: Regex<(Substring, Substring, Substring?, Substring)> {
        /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\[\\n"])*"(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\[\\n"])*")*\})? (\S+)/
    }

    /// Of the service that reads on this port of 127.0.0.1.
    package static func read(port: UInt16) async throws -> MetricsScrape {
        let answer = try await HTTPTestClient(port: port, seconds: 10).request("GET", "/metrics")
        guard answer.status == 200 else { throw TestFailure("/metrics answers \(answer.status)") }
        guard answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8" else {
            throw TestFailure("Content-Type: \(answer.all("Content-Type"))")
        }
        return try MetricsScrape(answer.text)
    }

    /// The value of a series; nil where there is no such one.
    package subscript(_ series: String) -> Double? { values[series] }

    /// The sum of all series that begin so.
    package func sum(_ prefix: String) -> Double {
        values.reduce(0) { $0 + ($1.key.hasPrefix(prefix) ? $1.value : 0) }
    }
}
