import CatalogImport
import CSystem
import Glibc
import Logging

/// Shows how an import goes: a bar on a terminal, log lines elsewhere.
struct ImportProgress {
    private let size: Int?
    private let logger = Logger(label: "commerce.import")
    private let isInteractive = Terminal.isInteractive
    private let begun = csystem_monotonic()
    private var shown: UInt64 = 0
    private var faults = 0

    /// Rows that are told one by one; the others are only counted.
    private static let mostFaults = 100

    init(size: Int?) {
        self.size = size
    }

    mutating func note(_ event: ImportEvent) {
        switch event {
        case .read(let rows, let bytes):
            let now = csystem_monotonic()
            // A few times a second for people, every few seconds for logs.
            guard now - shown > (isInteractive ? 100_000_000 : 5_000_000_000) else { return }
            guard isInteractive || shown > 0 || now - begun > 5_000_000_000 else { return }
            shown = now
            show(rows, bytes, now)
        case .applying:
            if isInteractive { line("writing products …") }
        case .refused(let fault):
            faults += 1
            guard faults <= Self.mostFaults else { return }
            if isInteractive {
                clear()
                Terminal.complain(fault.description)
            } else {
                logger.error(
                    "row refused",
                    metadata: ["line": .stringConvertible(fault.line), "field": "\(fault.field)", "reason": "\(fault.reason)"])
            }
        }
    }

    mutating func finish(_ report: ImportReport) {
        clear()
        if faults > Self.mostFaults {
            logger.error("more faults than are listed", metadata: ["faults": .stringConvertible(faults)])
        }
        let milliseconds = (csystem_monotonic() - begun) / 1_000_000
        logger.info(
            report.isCommitted ? "import done" : "import checked, nothing changed",
            metadata: [
                "rows": .stringConvertible(report.rows), "created": .stringConvertible(report.created),
                "updated": .stringConvertible(report.updated), "unchanged": .stringConvertible(report.unchanged),
                "skipped": .stringConvertible(report.refused), "stock_changes": .stringConvertible(report.stocked),
                "categories": .stringConvertible(report.categories), "took_ms": .stringConvertible(milliseconds),
            ])
    }

    private func show(_ rows: Int, _ bytes: Int, _ now: UInt64) {
        let rate = rows * 1_000 / max(1, Int((now - begun) / 1_000_000))
        guard isInteractive else {
            return logger.info(
                "importing", metadata: ["rows": .stringConvertible(rows), "bytes": .stringConvertible(bytes)])
        }
        guard let size, size > 0 else { return line("\(rows) rows, \(rate) rows/s") }
        let percent = min(100, bytes * 100 / size)
        let bar = String(repeating: "█", count: percent / 4) + String(repeating: "░", count: 25 - percent / 4)
        line("\(bar) \(percent) %  \(rows) rows, \(rate) rows/s")
    }

    /// Writes over the line that is there.
    private func line(_ text: String) {
        Terminal.write("\r\u{1B}[K\(text)", to: STDERR_FILENO)
    }

    private func clear() {
        if isInteractive { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) }
    }
}
