/// A reply (Redis serialization protocol, RESP2).
package enum RedisValue: Equatable, Sendable {
    /// No such value: the nil bulk string and the nil array.
    case null
    case integer(Int64)
    /// A bulk string: any bytes.
    case string([UInt8])
    /// A simple string, such as `OK`.
    case status(String)
    /// An error of the command; its first word is its kind.
    case error(String)
    case array([RedisValue])
}
