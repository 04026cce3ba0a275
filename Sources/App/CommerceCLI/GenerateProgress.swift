import DataGenerator
import CSystem
import Glibc
import Logging

/// Shows how a generation goes: a bar on a terminal, log lines elsewhere.
struct GenerateProgress {
    private let logger = Logger(label: "commerce.generate")
    private let isInteractive = Terminal.isInteractive
    private let begun = csystem_monotonic()
    private var shown: UInt64 = 0

    mutating func note(_ event: GeneratorEvent) {
        switch event {
        case .wrote(let rows, let total):
            let now = csystem_monotonic()
            // A few times a second for people, every few seconds for logs.
            guard now - shown > (isInteractive ? 100_000_000 : 5_000_000_000) else { return }
            shown = now
            let percent = total > 0 ? rows * 100 / total : 100
            if isInteractive {
                let bar = String(repeating: "█", count: percent / 4) + String(repeating: "░", count: 25 - percent / 4)
                line("\(bar) \(percent) %")
            } else {
                logger.info("generating", metadata: ["percent": .stringConvertible(percent)])
            }
        case .indexing(let name): tell("building \(name)")
        case .analyzing: tell("counting")
        }
    }

    mutating func finish(_ options: GeneratorOptions) {
        if isInteractive { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) }
        logger.info(
            "generated",
            metadata: [
                "products": .stringConvertible(options.products), "orders": .stringConvertible(options.orders),
                "seed": .stringConvertible(options.seed),
                "took_ms": .stringConvertible((csystem_monotonic() - begun) / 1_000_000),
            ])
    }

    private func tell(_ text: String) {
        if isInteractive { line(text + " …") } else { logger.info("\(text)") }
    }

    /// Writes over the line that is there.
    private func line(_ text: String) {
        Terminal.write("\r\u{1B}[K\(text)", to: STDERR_FILENO)
    }
}
