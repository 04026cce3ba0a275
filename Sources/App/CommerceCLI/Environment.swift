import Configuration
import FoundationEssentials
import HTTPClient

/// The environment of the process.
enum Environment {
    static var variables: [String: String] { ProcessInfo.processInfo.environment }

    /// The settings in the environment.
    /// - Parameter process: what listens on the configured ports
    /// - Throws: ``CommandError`` with one line for each setting that cannot be used.
    static func configuration(for process: ProcessKind = .service) throws -> Configuration {
        do {
            return try Configuration.load(from: variables, for: process)
        } catch {
            throw CommandError(.configuration, error.description)
        }
    }

    /// - Throws: ``CommandError`` if a library of this machine would block the event loops.
    static func checkLibraries() throws {
        if let fault = HTTPClient.libraryFault { throw CommandError(.configuration, fault) }
    }
}
