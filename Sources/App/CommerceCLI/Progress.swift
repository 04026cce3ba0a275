import CSystem
import CatalogImport
import DataGenerator
import Glibc
import Logging

/// Shows the progress of a command: one line that is overwritten on a terminal, log lines elsewhere.
private struct ProgressLine {
    let isInteractive = Terminal.isInteractive
    let start = csystem_monotonic()
    private var shown: UInt64 = 0

    /// Whether it is time to show progress again: a few times a second on a terminal, every few seconds in a log.
    mutating func isDue() -> Bool {
        let now = csystem_monotonic()
        guard now - (shown == 0 && !isInteractive ? start : shown) > (isInteractive ? 100_000_000 : 5_000_000_000) else {
            return false
        }
        shown = now
        return true
    }

    var milliseconds: UInt64 { (csystem_monotonic() - start) / 1_000_000 }

    /// Replaces the line on the terminal.
    func show(_ text: String) { Terminal.write("\r\u{1B}[K\(text)", to: STDERR_FILENO) }

    func clear() {
        if isInteractive { show("") }
    }

    static func bar(percent: Int) -> String {
        String(repeating: "█", count: percent / 4) + String(repeating: "░", count: 25 - percent / 4) + " \(percent) %"
    }
}

/// Shows the progress and the result of an import.
struct ImportProgress {
    /// The rows whose errors are shown one by one; further errors are only counted.
    private static let maximumErrors = 100

    private let size: Int?
    private let logger = Logger(label: "commerce.import")
    private var line = ProgressLine()
    private var errors = 0

    /// - Parameter size: The size of the file in bytes, if it is known.
    init(size: Int?) { self.size = size }

    mutating func note(_ event: ImportEvent) {
        switch event {
        case .read(let rows, let bytes):
            if line.isDue() { show(rows, bytes) }
        case .applying:
            if line.isInteractive { line.show("writing products …") }
        case .refused(let error):
            errors += 1
            guard errors <= Self.maximumErrors else { return }
            if line.isInteractive {
                line.clear()
                Terminal.complain(error.description)
            } else {
                logger.error(
                    "row refused",
                    metadata: ["line": .stringConvertible(error.line), "field": "\(error.field)", "reason": "\(error.reason)"])
            }
        }
    }

    func finish(_ report: ImportReport) {
        line.clear()
        if errors > Self.maximumErrors {
            logger.error("more faults than are listed", metadata: ["faults": .stringConvertible(errors)])
        }
        logger.info(
            report.isCommitted ? "import done" : "import checked, nothing changed",
            metadata: [
                "rows": .stringConvertible(report.rows), "created": .stringConvertible(report.created),
                "updated": .stringConvertible(report.updated), "unchanged": .stringConvertible(report.unchanged),
                "skipped": .stringConvertible(report.refused), "stock_changes": .stringConvertible(report.stocked),
                "low_stock_changes": .stringConvertible(report.thresholds),
                "categories": .stringConvertible(report.categories), "took_ms": .stringConvertible(line.milliseconds),
            ])
    }

    private func show(_ rows: Int, _ bytes: Int) {
        guard line.isInteractive else {
            return logger.info(
                "importing", metadata: ["rows": .stringConvertible(rows), "bytes": .stringConvertible(bytes)])
        }
        let rate = rows * 1_000 / max(1, Int(clamping: line.milliseconds))
        guard let size, size > 0 else { return line.show("\(rows) rows, \(rate) rows/s") }
        line.show("\(ProgressLine.bar(percent: min(100, bytes * 100 / size)))  \(rows) rows, \(rate) rows/s")
    }
}

/// Shows the progress and the result of generating data.
struct GenerateProgress {
    private let logger = Logger(label: "commerce.generate")
    private var line = ProgressLine()

    mutating func note(_ event: GeneratorEvent) {
        switch event {
        case .wrote(let rows, let total): show("generating", rows, of: total)
        case .searchable(let products, let total): show("preparing searches", products, of: total)
        case .indexing(let name): show("building \(name)")
        case .counting: show("counting words")
        case .analyzing: show("analyzing")
        }
    }

    func finish(_ options: GeneratorOptions) {
        line.clear()
        logger.info(
            "generated",
            metadata: [
                "products": .stringConvertible(options.products), "orders": .stringConvertible(options.orders),
                "seed": .stringConvertible(options.seed), "took_ms": .stringConvertible(line.milliseconds),
            ])
    }

    private mutating func show(_ step: String, _ done: Int, of total: Int) {
        guard line.isDue() else { return }
        let percent = total > 0 ? done * 100 / total : 100
        if line.isInteractive {
            line.show("\(ProgressLine.bar(percent: percent))  \(step)")
        } else {
            logger.info("\(step)", metadata: ["percent": .stringConvertible(percent)])
        }
    }

    private func show(_ step: String) {
        if line.isInteractive { line.show(step + " …") } else { logger.info("\(step)") }
    }
}
