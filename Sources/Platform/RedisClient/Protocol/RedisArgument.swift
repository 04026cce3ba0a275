/// One word of a command: text as UTF-8, or any bytes.
package enum RedisArgument: Equatable, Sendable, ExpressibleByStringLiteral {
    case text(String)
    case bytes([UInt8])
    case integer(Int64)

    package init(stringLiteral value: String) { self = .text(value) }
}
