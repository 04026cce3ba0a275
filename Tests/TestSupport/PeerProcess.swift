import Foundation

/// A program of Tests/Peers: another implementation of a protocol that the service speaks. It is killed when released.
package final class PeerProcess: Sendable {
    /// What the program says when it is ready, as text: ports, paths.
    package let values: [String: String]
    /// A directory of the program's own.
    package let directory: ScratchDirectory
    private let process: ChildProcess

    /// Starts a program with its directory and `arguments`, and waits until it is ready.
    /// - Parameter name: the file's name without `.py`
    package init(_ name: String, _ arguments: [String] = [], environment: [String: String] = [:], seconds: Double = 60) throws {
        let test = try TestEnvironment.read()
        directory = try ScratchDirectory(name)
        let (output, error) = (directory.path + "/output", directory.path + "/error")
        var variables = Command.plain
        variables["PYTHONDONTWRITEBYTECODE"] = "1"
        variables.merge(environment) { $1 }
        process = try ChildProcess(
            [test.peersPython, "\(test.root)/Tests/Peers/\(name).py", directory.path] + arguments, environment: variables,
            directory: directory.path, output: output, error: error)
        var values: [String: String]?
        let process = process
        _ = Deadline(seconds: seconds).poll(every: 20) {
            values = Self.firstLine(of: output)
            return values != nil || process.exitStatus != nil
        }
        guard let values else { throw TestFailure("\(name) does not start: \(readText(error))") }
        self.values = values
    }

    /// A value that the program has said. Throws ``TestFailure`` where it has said none.
    package func value(_ name: String) throws -> String {
        guard let value = values[name] else { throw TestFailure("the peer names no \(name)") }
        return value
    }

    /// What the program has written to standard output after its first line, line by line.
    package var lines: [String] { readText(directory.path + "/output").split(separator: "\n").dropFirst().map(String.init) }

    /// What the program has written to standard error.
    package var errors: String { readText(directory.path + "/error") }

    /// Kills it.
    package func kill() { process.kill() }

    private static func firstLine(of file: String) -> [String: String]? {
        let text = readText(file)
        guard let end = text.firstIndex(of: "\n"),
            let object = try? JSONSerialization.jsonObject(with: Data(text[..<end].utf8)) as? [String: Any]
        else { return nil }
        return object.mapValues { "\($0)" }
    }
}
