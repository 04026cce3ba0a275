/// A frame as a client sends it, right or wrong in any part (RFC 6455 §5.2).
package struct WebSocketClientFrame: Sendable {
    package var opcode: UInt8
    package var payload: [UInt8]
    package var isFinal: Bool
    /// RSV1 to RSV3 as the bits 0x70.
    package var reserved: UInt8
    /// Nil leaves it unmasked.
    package var key: [UInt8]?
    /// In how many bytes the length is written: 0 for within the second byte, 2 or 8; nil for as few as it needs.
    package var lengthBytes: Int?
    /// What the length says, where that is not the payload's.
    package var length: UInt64?

    package init(
        _ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true, reserved: UInt8 = 0,
        key: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D], lengthBytes: Int? = nil, length: UInt64? = nil
    ) {
        self.opcode = opcode
        self.payload = payload
        self.isFinal = isFinal
        self.reserved = reserved
        self.key = key
        self.lengthBytes = lengthBytes
        self.length = length
    }

    package init(
        _ opcode: UInt8, _ text: String, isFinal: Bool = true, reserved: UInt8 = 0,
        key: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D], lengthBytes: Int? = nil, length: UInt64? = nil
    ) {
        self.init(
            opcode, Array(text.utf8), isFinal: isFinal, reserved: reserved, key: key, lengthBytes: lengthBytes, length: length)
    }

    /// As it goes on the wire.
    package var bytes: [UInt8] {
        let length = length ?? UInt64(payload.count)
        let size = lengthBytes ?? (length < 126 ? 0 : length <= 0xFFFF ? 2 : 8)
        let first = size == 0 ? UInt8(truncatingIfNeeded: length) & 0x7F : size == 2 ? 126 : 127
        var bytes = [(isFinal ? 0x80 : 0) | reserved | opcode, (key == nil ? 0 : 0x80) | first]
        for place in (0..<size).reversed() { bytes.append(UInt8(truncatingIfNeeded: length >> UInt64(8 * place))) }
        guard let key, key.count == 4 else { return bytes + payload }
        bytes += key
        for (index, byte) in payload.enumerated() { bytes.append(byte ^ key[index % 4]) }
        return bytes
    }
}
