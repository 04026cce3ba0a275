/// A setting that cannot be used, in one line that never holds a secret.
package struct RedisConfigurationError: Error, Equatable, CustomStringConvertible {
    /// The setting's name, such as `REDIS_URL`.
    package let setting: String
    /// What is wrong with it.
    package let reason: String

    package var description: String { "\(setting): \(reason)" }
}
