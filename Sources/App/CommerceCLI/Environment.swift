import Configuration
import FoundationEssentials

/// The process's environment.
enum Environment {
    static var variables: [String: String] { ProcessInfo.processInfo.environment }

    /// The settings in it. Throws a ``Failure`` that names everything wrong, a line each.
    static func configuration() throws -> Configuration {
        do {
            return try Configuration.load(from: variables)
        } catch {
            throw Failure(.configuration, error.description)
        }
    }
}
