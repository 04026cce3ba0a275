import Configuration
import FoundationEssentials

/// The environment of the process.
enum Environment {
    static var variables: [String: String] { ProcessInfo.processInfo.environment }

    /// The settings in the environment.
    /// - Throws: ``CommandError`` with one line for each setting that cannot be used.
    static func configuration() throws -> Configuration {
        do {
            return try Configuration.load(from: variables)
        } catch {
            throw CommandError(.configuration, error.description)
        }
    }
}
