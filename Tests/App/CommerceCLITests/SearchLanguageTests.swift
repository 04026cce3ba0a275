import TestSupport
import Testing

@testable import Service

/// `commerce serve` and `commerce worker` compare STORE_LANGUAGE with what searches know.
@Suite("Languages of searches")
struct SearchLanguageTests {
    @Test(
        "other languages are warned of, another order is not",
        arguments: [
            (["de", "en"], ["en"], true), (["en"], ["en", "de"], true), (["de", "en"], ["en", "de"], false),
            (["en"], ["en"], false),
        ])
    func warnings(set: [String], known: [String], isWarned: Bool) {
        #expect((SearchLanguageCheck.warning(set: set, known: known) != nil) == isWarned)
    }

    @Test("the process says so once, until the index is written again", arguments: ["serve", "worker"])
    func atStart(command: String) throws {
        let database = try TestDatabase()
        let settings = ["DATABASE_URL": database.url, "STORE_LANGUAGE": "de,en", "LOG_LEVEL": "debug"]
        for (arguments, warnings) in [(["migrate", "up"], 1), (["search", "reindex"], 0)] {
            let done = try ServiceProcess.run(arguments, environment: settings)
            try #require(done.status == .exited(0), "\(done.error)")
            let port = "\(try FreePort.find())"
            let ports = command == "worker" ? ["PORT": port, "WORKER_PORT": port] : [:]
            let service = try ServiceProcess([command], environment: settings.merging(ports) { $1 })
            let line = "STORE_LANGUAGE is de,en, but searches know the word stems of en: run commerce search reindex"
            try service.waitForLog("searches know languages")
            #expect(try service.terminate() == .exited(0))
            #expect(service.standardOutput.components(separatedBy: line).count - 1 == warnings)
        }
    }
}
