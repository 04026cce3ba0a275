extension [UInt8] {
    /// Adds a whole frame of the server's, which is not masked, its length in the shortest form (RFC 6455 §5.2).
    package mutating func append(webSocket opcode: WebSocketOpcode, _ payload: some Collection<UInt8>) {
        let count = payload.count
        if isEmpty { reserveCapacity(count + 10) }
        append(0x80 | opcode.rawValue)
        if count <= WebSocketDecoder.longestControl {
            append(UInt8(truncatingIfNeeded: count))
        } else {
            let size = count <= 0xFFFF ? 2 : 8
            append(size == 2 ? 126 : 127)
            for place in (0..<size).reversed() { append(UInt8(truncatingIfNeeded: count >> (8 * place))) }
        }
        append(contentsOf: payload)
    }
}
