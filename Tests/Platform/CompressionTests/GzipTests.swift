import Foundation
import TestSupport
import Testing

@testable import Compression

@Suite struct GzipTests {
    /// Data from a repeated byte to noise.
    private func document(_ random: inout SeededGenerator) -> [UInt8] {
        let count = Int.random(in: 0...(Int.random(in: 0..<20, using: &random) == 0 ? 200_000 : 3_000), using: &random)
        let letters = Int.random(in: 0...255, using: &random)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: Int.random(in: 0...letters, using: &random)) }
    }

    @Test("any document round-trips through zlib", arguments: [1, 4, 6, 9])
    func random(level: Int) {
        var random = SeededGenerator(seed: UInt64(level))
        let gzip = Gzip(GzipSettings(minimumSize: 2, level: level))
        var made = 0
        for _ in 0..<1_500 {
            let document = document(&random)
            guard let bytes = gzip.compress(document) else { continue }
            made += 1
            #expect(bytes.count < document.count)
            #expect(gunzip(bytes, atMost: document.count) == document)
            // Equal results, after other documents in between.
            if made % 50 == 0 { #expect(gzip.compress(document) == bytes) }
        }
        #expect(made > 500)
    }

    @Test("noise, small and empty documents are not compressed") func notWorthIt() {
        var random = SeededGenerator(seed: 7)
        let gzip = Gzip(GzipSettings())
        #expect(gzip.compress((0..<50_000).map { _ in UInt8.random(in: 0...255, using: &random) }) == nil)
        #expect(gzip.compress([UInt8](repeating: 65, count: 1_023)) == nil)
        #expect(gzip.compress([UInt8](repeating: 65, count: 1_024)) != nil)
        let eager = Gzip(GzipSettings(minimumSize: 0, level: 9))
        for count in 0...20 { #expect(eager.compress([UInt8](repeating: 65, count: count)) == nil) }
    }

    @Test("an invalid level compresses nothing, and does not trap") func badLevel() {
        #expect(Gzip(GzipSettings(minimumSize: 2, level: 99)).compress([UInt8](repeating: 65, count: 5_000)) == nil)
    }

    @Test("Python reads the result") func python() throws {
        var random = SeededGenerator(seed: 11)
        let gzip = Gzip(GzipSettings(minimumSize: 2))
        let scratch = try ScratchDirectory("gzip")
        var names: [String] = []
        for number in 0..<40 {
            let document = document(&random)
            guard let bytes = gzip.compress(document) else { continue }
            let name = scratch.path + "/\(number)"
            try Data(document).write(to: URL(filePath: name))
            try Data(bytes).write(to: URL(filePath: name + ".gz"))
            names.append(name)
        }
        #expect(names.count > 10)
        let script = "import gzip,sys\nfor n in sys.argv[1:]: assert gzip.open(n+'.gz').read() == open(n,'rb').read(), n"
        let done = try Command.run(["python3", "-c", script] + names)
        #expect(done.status == .exited(0), "\(done.error)")
    }
}
