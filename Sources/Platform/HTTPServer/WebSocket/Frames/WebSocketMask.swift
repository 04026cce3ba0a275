/// The key that a client's payload is masked with (RFC 6455 §5.3), and how much of the payload it has been applied to.
struct WebSocketMask: Sendable {
    /// The key's four bytes, the one that is next lowest.
    private var key: UInt32

    /// - Parameter key: the four bytes as they came, the first highest.
    init(_ key: UInt32) { self.key = key.byteSwapped }

    /// Takes the mask off the next bytes, eight at a time.
    mutating func apply(to bytes: UnsafeMutableRawBufferPointer) {
        let wide = UInt64(key) | UInt64(key) << 32
        var index = 0
        while bytes.count - index >= 8 {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            bytes.storeBytes(of: (word ^ wide).littleEndian, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < bytes.count {
            bytes[index] ^= UInt8(truncatingIfNeeded: key)
            key = key >> 8 | key << 24
            index += 1
        }
    }
}
