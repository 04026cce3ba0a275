import Foundation
import Fuzzing

// Runs the fuzz targets; ./dev fuzz calls it.
//
//     fuzz run CORPUS FOLDER SECONDS [TARGET]   in a process of its own; an input that fails goes into FOLDER
//     fuzz work CORPUS STATE SECONDS SEED [TARGET]   that process
//     fuzz replay TARGET FILE…   tries these inputs again

func fail(_ text: String, _ status: Int32 = 1) -> Never {
    FileHandle.standardError.write(Data("fuzz: \(text)\n".utf8))
    exit(status)
}

func replay(_ name: String, _ files: [String]) throws {
    guard let target = fuzzTargets.first(where: { $0.name == name }) else {
        fail("no target \(name); there are: \(fuzzTargets.map(\.name).joined(separator: ", "))", 64)
    }
    for file in files {
        _ = try target.check(Array(Data(contentsOf: URL(filePath: file))))
        print("\(file): holds")
    }
}

func run(_ corpus: String, _ folder: String, _ seconds: Int, _ only: String?) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = folder + "/state"
    try? FileManager.default.removeItem(atPath: path)
    guard let state = FuzzState(path: path) else { fail("cannot write \(path)") }
    let seed = UInt64.random(in: 0..<1 << 32)
    let worker = Process()
    worker.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    worker.arguments = ["work", corpus, path, String(seconds), String(seed)] + (only.map { [$0] } ?? [])
    let began = ContinuousClock.now
    try worker.run()
    worker.waitUntilExit()
    let took = max(1, Int((ContinuousClock.now - began).components.seconds))
    var total = 0
    for (number, target) in fuzzTargets.enumerated() {
        let count = state.executions(number)
        total += count
        print("\(target.name): \(count) executions")
    }
    print("all: \(total) executions in \(took) s, seed \(seed)")
    if worker.terminationReason == .exit, worker.terminationStatus == 0 { return }
    let (number, input) = state.input
    guard total > 0, fuzzTargets.indices.contains(number) else { fail("it did not begin") }
    let target = fuzzTargets[number].name
    let file = "\(folder)/\(target)-\(seed)-\(total)"
    try Data(input).write(to: URL(filePath: file))
    fail(
        """
        \(target) failed (\(worker.terminationReason == .exit ? "status" : "signal") \(worker.terminationStatus)); the input is in \(file)
        again: ./dev fuzz \(target) \(file)
        once mended, keep it in Tests/Fuzz/Corpus/\(target), which the tests replay
        """)
}

func work(_ corpus: String, _ path: String, _ seconds: Int, _ seed: UInt64, _ only: String?) throws {
    guard let state = FuzzState(path: path) else { fail("cannot write \(path)") }
    var run = try FuzzRun(corpus: Corpus(corpus), state: state, seed: seed, only: only)
    try run.run(seconds: seconds)
}

let arguments = Array(CommandLine.arguments.dropFirst())
do {
    switch (arguments.first, arguments.count) {
    case ("run", 4...5):
        guard let seconds = Int(arguments[3]) else { fail("not a number of seconds: \(arguments[3])", 64) }
        try run(arguments[1], arguments[2], seconds, arguments.count > 4 ? arguments[4] : nil)
    case ("work", 5...6):
        guard let seconds = Int(arguments[3]), let seed = UInt64(arguments[4]) else { fail("not a number", 64) }
        try work(arguments[1], arguments[2], seconds, seed, arguments.count > 5 ? arguments[5] : nil)
    case ("replay", 3...): try replay(arguments[1], Array(arguments[2...]))
    default: fail("usage: fuzz run CORPUS FOLDER SECONDS [TARGET] | fuzz replay TARGET FILE…", 64)
    }
} catch {
    fail("\(error)")
}
