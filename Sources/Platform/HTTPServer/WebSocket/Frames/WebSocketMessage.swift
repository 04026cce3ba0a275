/// A whole message, its fragments put together.
package enum WebSocketMessage: Sendable, Equatable {
    /// Bytes that are UTF-8.
    case text([UInt8])
    case binary([UInt8])

    package var bytes: [UInt8] {
        switch self {
        case .text(let bytes), .binary(let bytes): bytes
        }
    }

    var opcode: WebSocketOpcode {
        switch self {
        case .text: .text
        case .binary: .binary
        }
    }
}
